// Package postgres keeps a desk's data in a PostgreSQL database: the store for
// several processes on several machines. It uses pgx natively and is tested on
// PostgreSQL 15.
//
// # Terms
//
// Commits that arrive at the same time in one process share one transaction
// and one wait for the disk: a group. In it, a batch that fails costs the
// others nothing. A group is one round trip if it comes out as the process
// expects by what it has last read or written, which the server tests; another
// reads, without a lock, the conversations of which it knows nothing. Else
// two more decide: one locks and reads what its batches expect and change, in
// one order for all processes, and one writes what becomes of it. The feed's
// row is the last that is taken before the commit.
//
// # The life of a store
//
// [Migrate] makes the tables, once for each release and before its processes
// start; [Open] does not, and is [ErrSchema] where that was not done. The
// tables lie in the first schema of the connection's search_path, which the
// data source name may set, and the role of Open needs SELECT, INSERT, UPDATE
// and DELETE on them, no more. [Store.Close] waits for what is going on.
//
// A host that keeps its own data in the same database asks for a hand-off in
// its own transaction with [RequestHandOff].
//
// # Several processes
//
// Any number of processes may have stores on one database. What one has
// committed the others read at once, and [Store.Watch] tells them to look: each
// process notifies the others on the channel "handoff", outside of its
// transactions and at most every few milliseconds, less often the busier the
// server is. A notification may be lost with a connection; whoever waits for one
// looks by themselves now and then, too.
//
// # Timeouts
//
// Every connection is made with settings of its own: a transaction in which
// nothing happens for 2 s is ended by the server, so that a process which
// stands still holds nobody up; a statement has 10 s, and a lock is waited for
// 3 s. A call whose context ends returns then, and its statement is called off.
// What a network swallows ends with the call's context, or after 15 s;
// connecting has connect_timeout of the data source name, 5 s if it has none,
// and a connection on which nothing comes is given up by keepalives.
//
// Where servers fail over, the data source name has all of their addresses and
// target_session_attrs=read-write: a connection to one that takes no writes any
// more is given up.
//
// # Through a pooler
//
// A pooler such as PgBouncer refuses the settings above unless it is told to
// ignore them:
//
//	ignore_startup_parameters = idle_in_transaction_session_timeout, statement_timeout, lock_timeout, tcp_keepalives_idle, tcp_keepalives_interval, tcp_keepalives_count, default_transaction_isolation, plan_cache_mode, enable_seqscan, enable_bitmapscan, enable_hashjoin, enable_mergejoin, enable_sort, jit, max_parallel_workers_per_gather
//
// Then the role has them instead, of which the last eight see to it that every
// statement runs by the index that it is written for:
//
//	ALTER ROLE desk SET idle_in_transaction_session_timeout = 2000;
//	ALTER ROLE desk SET statement_timeout = 10000;
//	ALTER ROLE desk SET lock_timeout = 3000;
//	ALTER ROLE desk SET default_transaction_isolation = 'read committed';
//	ALTER ROLE desk SET plan_cache_mode = force_generic_plan;
//	ALTER ROLE desk SET enable_seqscan = off;
//	ALTER ROLE desk SET enable_bitmapscan = off;
//	ALTER ROLE desk SET enable_hashjoin = off;
//	ALTER ROLE desk SET enable_mergejoin = off;
//	ALTER ROLE desk SET enable_sort = off;
//	ALTER ROLE desk SET jit = off;
//	ALTER ROLE desk SET max_parallel_workers_per_gather = 0;
//
// With that, session mode is as good as the server itself. In transaction mode
// the data source name also has default_query_exec_mode=cache_describe, since
// statements that were prepared on one connection are not there on the next;
// they are then planned each time. LISTEN is of no use there: [Store.Watch]
// hears nothing, and the desk works by its sweep alone where another process
// has something for it. Both modes are tested, with PgBouncer 1.18.
//
// The modes exec and simple_protocol do not ask the server of what types
// parameters are: Open refuses them.
//
// # The feed after a restore or a failover
//
// What was given to readers of the feed may be gone on a server that was
// restored from a copy, or was a replica when the first one failed. Its cursors
// hold, beside an epoch that is stored, the server's system identifier and its
// timeline, so that readers of before are told storage.ErrReset by themselves
// where
//
//   - a replica was promoted, or a backup was recovered to a point in time:
//     the timeline is another;
//   - a dump was read into another server: the system identifier is another.
//
// A dump that is read into the same server, a copy of its files that is
// started without recovery, and a disk put back to an earlier state cannot be
// told from the original. Then, before any process opens it:
//
//	UPDATE feed SET epoch = substr(md5(gen_random_uuid()::text), 1, 16);
//
// The functions that tell are pg_control_system, pg_control_checkpoint,
// pg_walfile_name and pg_current_wal_lsn, which any role may call unless that
// was taken away.
//
// # Guarantees
//
// It keeps all of the contract of package storage, and its [storage.Blobs] and
// [storage.Waker]. Beyond that:
//
//   - A commit is durable as the server's synchronous_commit has it, and with
//     synchronous replication on the replicas too.
//   - A commit whose context ends while it waits for its turn is taken back, so
//     nothing happens; later it is applied or not.
//   - A commit that meets others in the way of each other, so that the server
//     ends one, is tried again, and is ErrConflict only if that does not end.
//   - A commit on a server that takes no writes is [ErrReadOnly]. As with every
//     other error, it may be committed again.
//   - A read is one round trip. A page of a list that asks for what is rare is
//     three at most; each looks at a bounded part of an index, however deep the
//     page is and however many conversations there are.
package postgres
