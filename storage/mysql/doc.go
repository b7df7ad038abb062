// Package mysql keeps a desk's data in MariaDB or MySQL, for several processes
// on several machines. It is tested on MariaDB 10.11 only. Its SQL keeps to
// what MySQL 8.0 has too: no RETURNING, no partial indexes; what only one of
// them knows stands in a comment that the other does not read.
//
// # Terms
//
// Commits that arrive at the same time share one transaction: a group. It
// locks and reads the rows that its batches are about, decides in memory what
// becomes of each batch, and writes the rest with statements for many rows.
// In it, a batch that fails costs the others nothing.
//
// Every event has a place in the feed. A group takes its places from one
// counter row, last of all its rows, and keeps that until it is committed: so
// places become visible in their order, and groups end one after another.
//
// # The life of a store
//
// [Migrate] makes the tables, or brings them up to date, once for each
// version of the program; the program examples/migrate does nothing else.
// [Open] changes no table. It gives [ErrSchema] if they are of another version.
// From then on there are connections that read and others that commit.
// [Store.Close] waits for what is going on.
//
// The data source name is that of github.com/go-sql-driver/mysql. The database
// may have any character set and collation: ids are kept as bytes.
//
// The server's max_allowed_packet must be 8 MiB or more, which it is by
// default, and its binlog_format, if it writes a binary log, MIXED or ROW. A
// commit is on the disk when it returns if innodb_flush_log_at_trx_commit is
// 1, the default. All processes must use the same server: from a replica, or a
// second node of a Galera cluster, a read may come before what it should see.
//
// When data is put back from a copy, tell the feed's readers, before anything
// commits, that what they have seen may be gone:
//
//	UPDATE feed SET epoch = LEFT(REPLACE(UUID(), '-', ''), 16)
//
// # Several processes
//
// Any number of processes may have the database open. What one has committed
// the others read at once. The server has no means to tell them, so
// [Store.Watch] asks it every 25 ms. There are no storage.Blobs: a server takes
// no statement as large as the largest attachment, so the desk keeps
// attachments as records, in parts.
//
// InnoDB shows a commit to others before it is on the disk. The feed is given
// only as far as it is durable; other reads may show, for a moment, what a
// crash of the server takes back before anybody was told that it is done.
//
// The clock is the database's, read with every commit and at least once a
// second. Every connection is set to READ COMMITTED, to strict SQL mode and to
// UTC.
//
// # When something stops
//
// A process that freezes, or whose network is cut, keeps its rows from others
// for a few seconds only: the server ends a transaction that is idle for 2
// seconds (MariaDB: idle_transaction_timeout) or a connection that is silent
// for 10 (MySQL, which has wait_timeout alone). Of two transactions of one
// process the second may have waited for the first, and be idle after it. No statement runs for longer
// than 10 seconds (on MySQL: no select), none waits for a lock for longer than
// 3, and no call waits for a server that does not answer for longer than 15
// unless the data source name says so.
//
// # Guarantees
//
// It keeps all of the contract of package storage. Beyond that:
//
//   - Rows are locked table by table and in each by key, so commits that
//     change rows never wait for each other in a circle. Two that make the same
//     new row may: then the server undoes one, and it is read and decided anew,
//     which its caller does not see.
//   - Rows that somebody else keeps locked for too long are a
//     storage.ErrConflict.
//   - A commit whose context ends returns then. If it was still waiting for its
//     turn it is taken back, so nothing happens; else it is applied or not.
//   - A server that takes no writes gives [ErrReadOnly], and the connection is
//     made anew, so that after a failover the next commit finds the new server.
//   - A page of a list costs what is in it, or a bounded look at an index,
//     however deep it is and however many conversations there are.
package mysql
