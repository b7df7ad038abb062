// Package live tells many viewers what happens in a bot, from one reading of
// it.
//
// # Terms
//
// A [Hub] is this process's. It has a room for each bot that somebody
// watches: the room reads the bot's event feed once, reads each conversation
// that a batch of events touched once, and puts both into a ring, the latest
// few thousand entries, for all. A [Stream] is one viewer's: a place in the
// ring, and a live list if they asked for one. What it gives are [Frame]s,
// which whoever serves it writes as server-sent events.
//
// # The life of a stream
//
// [Hub.Watch] takes a place in the feed: now, or where the viewer was before.
// [Stream.Next] then gives frames, in batches, as they come:
//
//	hello   {"cursor","now","agent"}            first of all
//	list    {"reset":true,"rows":[],"more"}     the list anew: its first rows
//	list    {"steps":[{"kind","id","index","row"}],"more"}
//	                                            more of it, and each change
//	event   {"event","left"}                    what happened; left: the
//	                                            conversation went out of view
//	signal  {"conversation","agent","name","looking","typing"}
//	read    {"conversation","received"}         another tab of the agent read it
//	reset   {}                                  the cursor is no place any more:
//	                                            load anew, the stream goes on
//	bye     {"reason"}                          the last one
//
// A frame with an ID says that everything up to that cursor was given. One
// without an Event only says this, or that the stream lives.
//
// # Guarantees
//
//   - A viewer who resumes with the last ID they got misses no event and gets
//     none twice, wherever that was: what the ring no longer has is read from
//     the store, by that stream alone.
//   - An event, a row and a signal are judged when they are given: by a view of
//     the agent that is at most a second old and younger than every event known
//     here that could have changed it, and by the conversation as it was after
//     the event. While it is not known whether the viewer may still look,
//     nothing is given.
//   - Applying the steps of a list in order gives, once all is given, what
//     listing anew would.
//   - A viewer who does not read costs a place in the ring and their list's
//     places, nothing that grows, and nobody waits for them.
//
// Signals and reads are of this process: they are told to who watches here and
// kept nowhere.
package live
