// Package whatsapp speaks with the WhatsApp Cloud API. [Parse] reads its
// webhooks: what contacts wrote, how far the messages sent to them have come,
// and what became of templates. A [Client] sends, as the desk's channel.
//
// # Terms
//
// A body is one webhook call. It holds entries (business accounts), these
// hold changes, and a change of the field "messages" holds messages, statuses
// and the contacts they speak of, for one account of the business: the phone
// number id. A body becomes an [Update]: each message a [handoff.Inbound],
// each status a [handoff.Receipt], each in the body's order. A change of the
// field "message_template_status_update" becomes a [handoff.TemplateNews].
//
// A contact is known by a number (wa_id), by a user id that is valid for this
// business only (such as BR.1502576394655843), or by both. Who has adopted a
// username may withhold the number. Wherever a body names both, both stand in
// the Addresses of the result, the number first, and so become linked. A
// contact of the body belongs to a message or status that names the same user
// id or number, never by its place in the list.
//
// # A call, from its arrival to its answer
//
// The platform owns its HTTP. For the handshake by which Meta tests the
// address (GET) it answers with [Challenge]. For a call (POST) it reads the
// raw body, at most [MaxBody] bytes, lets [Verify] check the signature over
// exactly these bytes, and lets [Parse] read them. It stores every Inbound
// and Receipt, and only then answers 2xx: Meta repeats a call without such an
// answer for up to seven days, and receiving the same message or status again
// does nothing. The package's example shows such a handler.
//
// # A message, from the desk to the contact
//
// The platform makes one [Client], with where its access tokens come from,
// and gives it to the desk as the channel named [Channel]. [Client.Send]
// reaches a number or a business-scoped user id, and uploads stored files
// first. What the API answers as the contact's address the desk links to the
// contact. The API takes no key by which it would send only once: where the
// outcome of a call is not known, the message is marked as failed and nobody
// gets it twice unasked.
//
// Files of contacts are got with [Client.Download], the catalogue of templates
// with [Client.SyncTemplates], and [Client.MarkRead] shows the contact that
// somebody has read.
//
// # Errors
//
// Whatever the API refuses is an *[Error]: the documented codes are sentinels
// such as [ErrReengagement], and it is a *[desk.SendError] too, which says
// whether a later attempt may succeed, from when on, and whether the message
// may have gone out. Only a code that the API documents as passing, a refusal
// for too many calls, or a call that never reached it count as not sent and
// worth another try; a cut call, or a failure that does not tell, may have
// been sent.
//
// # Guarantees
//
//   - Nothing a contact sent is lost for being unknown. A message of a kind
//     that this package does not know, or whose content has another form than
//     documented, becomes a [handoff.KindUnknown] with the message's own JSON
//     in Raw.
//   - A broken message or status never takes its neighbours along. What can't
//     become an Inbound or a Receipt stands in [Update].Skipped with its place
//     and the reason, and in no case with what a person wrote, their name or
//     their number.
//   - A missing or absurd timestamp leaves the time zero and loses nothing.
//   - Whatever passes is in order for the desk: its Check finds nothing wrong.
//   - Invalid UTF-8 and halves of surrogate pairs become U+FFFD. Of a key that
//     occurs twice the last one counts.
//   - A missing secret, token or signature refuses; nothing is ever let
//     through for want of a setting.
//
// A contact's change of number or user id arrives as a system message: it is
// an Inbound of kind [handoff.KindUnknown] whose Text is WhatsApp's own
// sentence, and whose Addresses are the new ones followed by the old. A
// message written in a group counts as its sender's.
//
//   - The token goes to the API's host and to [Options].MediaHosts, and to
//     nobody that an answer or a redirect names. No error holds it, nor a
//     recipient or anything of a message; nothing is logged.
//   - What is read is bounded: of an answer 1 MiB, of a file
//     [desk.MaxAttachment].
//
// The functions keep no state; they and a Client are safe for concurrent use.
package whatsapp
