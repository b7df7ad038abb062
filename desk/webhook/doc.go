// Package webhook signs what is sent to webhooks and verifies what was
// received, after the Standard Webhooks specification, and sends to addresses
// on the public internet only.
//
// # Terms
//
// A message has an id, which is the same at every attempt to deliver it. Each
// attempt has a time. The signature is an HMAC-SHA256 of both and of the body,
// under a secret that begins with "whsec_". While a secret is being replaced
// a message is signed with both.
//
// # The life of a delivery
//
// The desk gives a [Sender] what is to be posted: see desk.Options.Webhooks.
// The sender looks the address up, judges it at the moment of dialling, posts
// and reports the status. A receiver calls [Verify] with the headers and the
// bytes of the body as they came, and drops what it has seen by its id.
//
// # Guarantees
//
//   - Without Options.Allow nothing is sent to a private, loopback,
//     link-local, shared, multicast, unspecified or otherwise special address,
//     nor to the clouds' metadata services, whatever name led to it and
//     whatever the name meant a moment before: what is judged is the address
//     that is about to be dialled.
//   - No redirect is followed, no proxy used, and an answer is read only so far
//     as to tell its status.
//   - Signatures are compared in constant time. A message without a signature,
//     or one of a time too far from now, is refused.
package webhook
