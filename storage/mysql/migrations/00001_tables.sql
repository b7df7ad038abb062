-- +goose Up

-- Values are JSON, whole. Columns beside them are copies to search by; times
-- are Unix milliseconds, and a missing one is the lowest integer. Ids are
-- VARBINARY, which compares byte for byte and does not disregard spaces at the
-- end. The DDL commits by itself, so a migration that was cut short is run
-- again: each statement bears that what it makes is there already.
CREATE TABLE IF NOT EXISTS conversations (
    bot          VARBINARY(400) NOT NULL,
    id           VARBINARY(400) NOT NULL,
    state        VARBINARY(16)  NOT NULL,
    queue        VARBINARY(400) NOT NULL,
    agent        VARBINARY(400) NOT NULL,
    last_agent   VARBINARY(400) NOT NULL,
    contact      VARBINARY(400) NOT NULL,
    channel      VARBINARY(400) NOT NULL,
    priority     BIGINT         NOT NULL,
    `rank`       BIGINT         NOT NULL,
    open_tickets BIGINT         NOT NULL,
    started      BIGINT         NOT NULL,
    human        BIGINT         NOT NULL,
    received     BIGINT         NOT NULL,
    last_message BIGINT         NOT NULL,
    -- Each term after a U+0001, for a test on a row that was found otherwise.
    terms        MEDIUMTEXT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    value        MEDIUMBLOB     NOT NULL,
    -- There are no partial indexes; these stand in front in place of them.
    active       TINYINT GENERATED ALWAYS AS (state <> 'ended') STORED,
    ticketed     TINYINT GENERATED ALWAYS AS (open_tickets > 0) STORED,
    PRIMARY KEY (bot, id),
    -- The orders of lists: of all, and of those that go on.
    KEY all_received    (bot, received, id),
    KEY all_started     (bot, started, id),
    KEY all_human       (bot, human, id),
    KEY all_priority    (bot, priority, id),
    KEY active_received (bot, active, received, id),
    KEY active_started  (bot, active, started, id),
    KEY active_human    (bot, active, human, id),
    KEY active_priority (bot, active, priority, id),
    -- What narrows a list to few.
    KEY waiting         (bot, state, queue, `rank`, id),
    KEY assigned        (bot, state, agent, id),
    KEY of_agent        (bot, last_agent, id),
    KEY of_queue        (bot, queue, id),
    KEY of_contact      (bot, contact, id),
    KEY with_tickets    (bot, ticketed, priority, id),
    KEY by_message      (bot, last_message, id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS terms (
    bot          VARBINARY(400) NOT NULL,
    term         VARBINARY(400) NOT NULL,
    conversation VARBINARY(400) NOT NULL,
    PRIMARY KEY (bot, term, conversation)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS messages (
    bot          VARBINARY(400) NOT NULL,
    conversation VARBINARY(400) NOT NULL,
    number       BIGINT         NOT NULL,
    id           VARBINARY(400) NOT NULL,
    account      VARBINARY(400) NOT NULL,
    provider     VARBINARY(400), -- NULL: none
    value        MEDIUMBLOB     NOT NULL,
    PRIMARY KEY (bot, conversation, number),
    UNIQUE KEY message_id (bot, conversation, id),
    UNIQUE KEY message_provider (bot, account, provider)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- Events are the feed, by place, and the timelines.
CREATE TABLE IF NOT EXISTS events (
    place        BIGINT         NOT NULL,
    bot          VARBINARY(400) NOT NULL,
    conversation VARBINARY(400) NOT NULL,
    seq          BIGINT, -- NULL: of no conversation
    at           BIGINT         NOT NULL,
    value        MEDIUMBLOB     NOT NULL,
    PRIMARY KEY (place),
    UNIQUE KEY event_seq (bot, conversation, seq)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- One row: the feed holds the places floor < place <= head.
CREATE TABLE IF NOT EXISTS feed (
    one   TINYINT       NOT NULL PRIMARY KEY,
    epoch VARBINARY(64) NOT NULL,
    floor BIGINT        NOT NULL,
    head  BIGINT        NOT NULL
) ENGINE=InnoDB;
INSERT INTO feed (one, epoch, floor, head) VALUES (1, LEFT(REPLACE(UUID(), '-', ''), 16), 0, 0)
    ON DUPLICATE KEY UPDATE one = 1;

CREATE TABLE IF NOT EXISTS loads (
    bot   VARBINARY(400) NOT NULL,
    agent VARBINARY(400) NOT NULL,
    queue VARBINARY(400) NOT NULL,
    held  BIGINT         NOT NULL,
    last  BIGINT         NOT NULL, -- raised
    freed BIGINT         NOT NULL, -- lowered
    PRIMARY KEY (bot, agent, queue)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS records (
    bot     VARBINARY(400) NOT NULL,
    kind    VARBINARY(400) NOT NULL,
    parent  VARBINARY(400) NOT NULL,
    id      VARBINARY(400) NOT NULL,
    version BIGINT         NOT NULL,
    expires BIGINT, -- NULL: never
    data    MEDIUMBLOB     NOT NULL,
    PRIMARY KEY (bot, kind, parent, id),
    KEY record_expires (expires)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

CREATE TABLE IF NOT EXISTS timers (
    bot  VARBINARY(400) NOT NULL,
    kind VARBINARY(400) NOT NULL,
    id   VARBINARY(400) NOT NULL,
    at   BIGINT         NOT NULL,
    PRIMARY KEY (bot, kind, id),
    KEY timer_due (kind, at, bot, id)
) ENGINE=InnoDB ROW_FORMAT=DYNAMIC;

-- Ids of applied batches: UUIDv7, so in the order of their time.
CREATE TABLE IF NOT EXISTS batches (
    id BINARY(16) NOT NULL PRIMARY KEY
) ENGINE=InnoDB;

-- +goose Down
DROP TABLE batches;
DROP TABLE timers;
DROP TABLE records;
DROP TABLE loads;
DROP TABLE feed;
DROP TABLE events;
DROP TABLE messages;
DROP TABLE terms;
DROP TABLE conversations;
