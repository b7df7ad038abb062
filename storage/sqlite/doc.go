// Package sqlite keeps a desk's data in one SQLite file: the store to begin
// with, without a server to run. It is pure Go.
//
// # Terms
//
// A commit is durable when it is on the disk: with [Full], the default,
// before it returns, so that neither a crash nor a power cut takes it back.
// [Normal] is faster, most of all for a single caller, and leaves the last
// moments before a power cut to chance, though never the file.
//
// Commits that arrive at the same time share one transaction and one wait
// for the disk: a group. In it, a batch that fails costs the others nothing.
//
// # The life of a store
//
// [Open] makes the file or brings its tables up to date. From then on there
// are one connection that writes, while there is something to write, and
// several that read; reads and writes do not wait for each other. [Store.Close]
// waits for what is going on.
//
// Beside desk.db lie desk.db-wal and desk.db-shm, which belong to it as long
// as it is open, and after a crash. Copy the file with VACUUM INTO or the
// sqlite3 shell's .backup, never the one file alone. Put a copy back only
// while nobody has the file open, and then tell the feed's readers, before
// anyone opens it, that what they have seen may be gone:
//
//	UPDATE feed SET epoch = lower(hex(randomblob(8)))
//
// # Several processes
//
// Any number of processes of one machine may have the file open, on a local
// disk: file locks over a network cannot be relied upon. They write in turn. A
// commit that gets no turn within Options.BusyTimeout gives
// storage.ErrConflict. What one has committed the others read at once, and
// [Store.Watch] tells them within some 25 ms that there is something.
//
// # Guarantees
//
// It keeps all of the contract of package storage, and its [storage.Blobs].
// Beyond that:
//
//   - A commit whose context ends returns then. If it was still waiting for its
//     turn it is taken back, so nothing happens; else it is applied or not.
//   - With the disk full a commit gives [ErrFull], and commits go on once
//     there is room.
//   - A page of a list costs what is in it, or a bounded look at an index,
//     however deep it is and however many conversations there are.
package sqlite
