-- +goose Up

-- Values are JSON, whole. Columns beside them are copies to search by; times
-- are Unix milliseconds, and a missing one is the lowest integer. Text compares
-- byte for byte. Tables whose rows change leave room for the next version of a
-- row beside it.
CREATE TABLE conversations (
    bot          text COLLATE "C" NOT NULL,
    id           text COLLATE "C" NOT NULL,
    state        text COLLATE "C" NOT NULL,
    queue        text COLLATE "C" NOT NULL,
    agent        text COLLATE "C" NOT NULL,
    last_agent   text COLLATE "C" NOT NULL,
    contact      text COLLATE "C" NOT NULL,
    channel      text COLLATE "C" NOT NULL,
    priority     integer NOT NULL,
    rank         bigint  NOT NULL,
    open_tickets bigint  NOT NULL,
    started      bigint  NOT NULL,
    human        bigint  NOT NULL,
    received     bigint  NOT NULL,
    last_message bigint  NOT NULL,
    -- Each term after a U+0001, for a test on a row that was found otherwise.
    terms        text COLLATE "C" NOT NULL,
    value        text COLLATE "C" NOT NULL,
    PRIMARY KEY (bot, id)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

-- The orders of lists, of what goes on and of what has ended: a conversation is
-- in one half only, so that a change of it renews four of these. The last
-- columns are what a list is restricted by, looked at without the row.
CREATE INDEX active_received ON conversations (bot, received, id, queue, last_agent, priority, open_tickets, last_message) WHERE state <> 'ended';
CREATE INDEX active_started  ON conversations (bot, started,  id, queue, last_agent, priority, open_tickets, last_message) WHERE state <> 'ended';
CREATE INDEX active_human    ON conversations (bot, human,    id, queue, last_agent, priority, open_tickets, last_message) WHERE state <> 'ended';
CREATE INDEX active_priority ON conversations (bot, priority, id, queue, last_agent, open_tickets, last_message)           WHERE state <> 'ended';
CREATE INDEX ended_received  ON conversations (bot, received, id, queue, last_agent, priority, open_tickets, last_message) WHERE state = 'ended';
CREATE INDEX ended_started   ON conversations (bot, started,  id, queue, last_agent, priority, open_tickets, last_message) WHERE state = 'ended';
CREATE INDEX ended_human     ON conversations (bot, human,    id, queue, last_agent, priority, open_tickets, last_message) WHERE state = 'ended';
CREATE INDEX ended_priority  ON conversations (bot, priority, id, queue, last_agent, open_tickets, last_message)           WHERE state = 'ended';

-- What narrows a list to few. The conditions, here and below, also keep an
-- index from being taken for another of the same table while that is still so
-- new that the server has no statistics of it.
CREATE INDEX waiting       ON conversations (bot, queue, rank, id) WHERE state = 'waiting';
CREATE INDEX assigned      ON conversations (bot, agent)           WHERE state = 'assigned';
CREATE INDEX of_contact    ON conversations (bot, contact)         WHERE contact <> '';
CREATE INDEX with_tickets  ON conversations (bot, priority, id)    WHERE open_tickets > 0;
CREATE INDEX ended_agent   ON conversations (bot, last_agent)      WHERE state = 'ended' AND last_agent <> '';
CREATE INDEX ended_queue   ON conversations (bot, queue)           WHERE state = 'ended' AND queue <> '';
CREATE INDEX ended_message ON conversations (bot, last_message)    WHERE state = 'ended';

CREATE TABLE terms (
    bot          text COLLATE "C" NOT NULL,
    term         text COLLATE "C" NOT NULL,
    conversation text COLLATE "C" NOT NULL,
    PRIMARY KEY (bot, term, conversation)
);

CREATE TABLE messages (
    bot          text COLLATE "C" NOT NULL,
    conversation text COLLATE "C" NOT NULL,
    number       bigint NOT NULL,
    id           text COLLATE "C" NOT NULL,
    account      text COLLATE "C" NOT NULL,
    provider     text COLLATE "C" NOT NULL,
    value        text COLLATE "C" NOT NULL,
    PRIMARY KEY (bot, conversation, id)
) WITH (fillfactor = 90);
CREATE UNIQUE INDEX message_number   ON messages (bot, conversation, number) WHERE number > 0;
CREATE UNIQUE INDEX message_provider ON messages (bot, account, provider) WHERE provider <> '';

-- Events are the feed, by place, and the timelines.
CREATE TABLE events (
    place        bigint PRIMARY KEY,
    bot          text COLLATE "C" NOT NULL,
    conversation text COLLATE "C" NOT NULL,
    seq          bigint NOT NULL,
    at           bigint NOT NULL,
    value        text COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX event_seq ON events (bot, conversation, seq) WHERE conversation <> '';

-- One row: the feed holds the places floor < place <= head. Whoever moves head
-- keeps the row locked until the commit, so that places appear in their order.
CREATE TABLE feed (
    one   integer PRIMARY KEY CHECK (one = 1),
    epoch text COLLATE "C" NOT NULL CHECK (epoch ~ '^[0-9a-z]{1,24}$'),
    floor bigint NOT NULL,
    head  bigint NOT NULL
) WITH (fillfactor = 10);
INSERT INTO feed (one, epoch, floor, head) VALUES (1, substr(md5(gen_random_uuid()::text), 1, 16), 0, 0);

CREATE TABLE loads (
    bot   text COLLATE "C" NOT NULL,
    agent text COLLATE "C" NOT NULL,
    queue text COLLATE "C" NOT NULL,
    held  bigint NOT NULL,
    last  bigint NOT NULL, -- raised
    freed bigint NOT NULL, -- lowered
    PRIMARY KEY (bot, agent, queue)
) WITH (fillfactor = 50);

CREATE TABLE records (
    bot     text COLLATE "C" NOT NULL,
    kind    text COLLATE "C" NOT NULL,
    parent  text COLLATE "C" NOT NULL,
    id      text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    expires bigint NOT NULL, -- the highest integer: never
    data    bytea  NOT NULL,
    PRIMARY KEY (bot, kind, parent, id)
) WITH (fillfactor = 80);
CREATE INDEX record_expires ON records (expires) WHERE expires < 9223372036854775807;

CREATE TABLE timers (
    bot  text COLLATE "C" NOT NULL,
    kind text COLLATE "C" NOT NULL,
    id   text COLLATE "C" NOT NULL,
    at   bigint NOT NULL,
    PRIMARY KEY (bot, kind, id)
) WITH (fillfactor = 80);
CREATE INDEX timer_due ON timers (kind, at, bot, id) WHERE at >= 0;

-- Ids of applied batches: UUIDv7, so in the order of their time.
CREATE TABLE batches (
    id uuid PRIMARY KEY
);

CREATE TABLE blobs (
    bot    text COLLATE "C" NOT NULL,
    sha256 text COLLATE "C" NOT NULL,
    data   bytea NOT NULL,
    PRIMARY KEY (bot, sha256)
);
ALTER TABLE blobs ALTER COLUMN data SET STORAGE EXTERNAL; -- attachments are compressed already

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
