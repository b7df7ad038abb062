-- +goose Up

-- A migration writes its number in the transaction that it runs in. Of two
-- processes that run the same one at once, the second fails here and changes
-- nothing.
CREATE UNIQUE INDEX handoff_migration_once ON handoff_migrations (version_id);

-- Values are JSON, whole. Columns beside them are copies to search by; times
-- are Unix milliseconds, and a missing one is the lowest integer. Text compares
-- byte for byte, which is SQLite's default.
CREATE TABLE conversations (
    rowid        INTEGER PRIMARY KEY,
    bot          TEXT    NOT NULL,
    id           TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    queue        TEXT    NOT NULL,
    agent        TEXT    NOT NULL,
    last_agent   TEXT    NOT NULL,
    contact      TEXT    NOT NULL,
    channel      TEXT    NOT NULL,
    priority     INTEGER NOT NULL,
    rank         INTEGER NOT NULL,
    open_tickets INTEGER NOT NULL,
    started      INTEGER NOT NULL,
    human        INTEGER NOT NULL,
    received     INTEGER NOT NULL,
    last_message INTEGER NOT NULL,
    -- Each term after a U+0001, for a test on a row that was found otherwise.
    terms        TEXT    NOT NULL,
    value        TEXT    NOT NULL
);
CREATE UNIQUE INDEX conversation_id ON conversations (bot, id);

-- The orders of lists: of all, and of those that go on.
CREATE INDEX all_received    ON conversations (bot, received, id);
CREATE INDEX all_started     ON conversations (bot, started, id);
CREATE INDEX all_human       ON conversations (bot, human, id);
CREATE INDEX all_priority    ON conversations (bot, priority, id);
CREATE INDEX active_received ON conversations (bot, received, id) WHERE state <> 'ended';
CREATE INDEX active_started  ON conversations (bot, started, id)  WHERE state <> 'ended';
CREATE INDEX active_human    ON conversations (bot, human, id)    WHERE state <> 'ended';
CREATE INDEX active_priority ON conversations (bot, priority, id) WHERE state <> 'ended';

-- What narrows a list to few.
CREATE INDEX waiting      ON conversations (bot, queue, rank, id) WHERE state = 'waiting';
CREATE INDEX assigned     ON conversations (bot, agent)           WHERE state = 'assigned';
CREATE INDEX of_agent     ON conversations (bot, last_agent)      WHERE last_agent <> '';
CREATE INDEX of_queue     ON conversations (bot, queue)           WHERE queue <> '';
CREATE INDEX of_contact   ON conversations (bot, contact);
CREATE INDEX with_tickets ON conversations (bot, priority, id)    WHERE open_tickets > 0;
CREATE INDEX by_message   ON conversations (bot, last_message);

CREATE TABLE terms (
    bot          TEXT    NOT NULL,
    term         TEXT    NOT NULL,
    conversation INTEGER NOT NULL,
    PRIMARY KEY (bot, term, conversation)
) WITHOUT ROWID;

CREATE TABLE messages (
    rowid        INTEGER PRIMARY KEY,
    bot          TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    number       INTEGER NOT NULL,
    id           TEXT    NOT NULL,
    account      TEXT    NOT NULL,
    provider     TEXT    NOT NULL,
    value        TEXT    NOT NULL
);
CREATE UNIQUE INDEX message_number   ON messages (bot, conversation, number);
CREATE UNIQUE INDEX message_id       ON messages (bot, conversation, id);
CREATE UNIQUE INDEX message_provider ON messages (bot, account, provider) WHERE provider <> '';

-- Events are the feed, by place, and the timelines.
CREATE TABLE events (
    place        INTEGER PRIMARY KEY,
    bot          TEXT    NOT NULL,
    conversation TEXT    NOT NULL,
    seq          INTEGER NOT NULL,
    at           INTEGER NOT NULL,
    value        TEXT    NOT NULL
);
CREATE UNIQUE INDEX event_seq ON events (bot, conversation, seq) WHERE conversation <> '';

-- One row: the feed holds the places floor < place <= head.
CREATE TABLE feed (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    epoch TEXT    NOT NULL,
    floor INTEGER NOT NULL,
    head  INTEGER NOT NULL
);
INSERT INTO feed (one, epoch, floor, head) VALUES (1, lower(hex(randomblob(8))), 0, 0);

CREATE TABLE loads (
    bot   TEXT    NOT NULL,
    agent TEXT    NOT NULL,
    queue TEXT    NOT NULL,
    held  INTEGER NOT NULL,
    last  INTEGER NOT NULL, -- raised
    freed INTEGER NOT NULL, -- lowered
    PRIMARY KEY (bot, agent, queue)
) WITHOUT ROWID;

CREATE TABLE records (
    bot     TEXT    NOT NULL,
    kind    TEXT    NOT NULL,
    parent  TEXT    NOT NULL,
    id      TEXT    NOT NULL,
    version INTEGER NOT NULL,
    expires INTEGER, -- NULL: never
    data    BLOB    NOT NULL,
    PRIMARY KEY (bot, kind, parent, id)
) WITHOUT ROWID;
CREATE INDEX record_expires ON records (expires) WHERE expires IS NOT NULL;

CREATE TABLE timers (
    bot  TEXT    NOT NULL,
    kind TEXT    NOT NULL,
    id   TEXT    NOT NULL,
    at   INTEGER NOT NULL,
    PRIMARY KEY (bot, kind, id)
) WITHOUT ROWID;
CREATE INDEX timer_due ON timers (kind, at, bot, id);

-- Ids of applied batches: UUIDv7, so in the order of their time.
CREATE TABLE batches (
    id BLOB PRIMARY KEY
) WITHOUT ROWID;

CREATE TABLE blobs (
    rowid  INTEGER PRIMARY KEY,
    bot    TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    data   BLOB NOT NULL
);
CREATE UNIQUE INDEX blob_sha256 ON blobs (bot, sha256);

-- +goose Down
DROP TABLE blobs;
DROP TABLE batches;
DROP TABLE timers;
DROP TABLE records;
DROP TABLE loads;
DROP TABLE feed;
DROP TABLE events;
DROP TABLE messages;
DROP TABLE terms;
DROP TABLE conversations;
DROP INDEX handoff_migration_once;
