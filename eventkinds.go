package handoff

import "slices"

var eventKinds = []EventKind{
	EventContactCreated, EventStarted, EventHandedOff, EventAssigned, EventTransferred, EventRequeued,
	EventWithdrawn, EventEnded, EventPriority, EventRanked, EventTags, EventTicket, EventMessage,
	EventDelivery, EventMerged, EventErased, EventContactChanged,
	EventReminded, EventEscalated, EventSLADueSoon, EventSLAMissed, EventSLAMet, EventSLAClock,
	EventOffered, EventDeclined, EventOfferExpired, EventContactFields, EventSurveyAsked, EventSurveySkipped,
	EventSurveyAnswered,
	EventRefused, EventWrappedUp,
	EventBotChanged, EventAgentChanged, EventAvailability, EventConnected, EventDisconnected,
	EventQueueChanged, EventMemberChanged, EventTemplateChanged, EventBroadcast, EventSettingsChanged,
}

// EventKinds lists the kinds of events that this version knows: first those
// of a conversation. The caller owns the slice.
func EventKinds() []EventKind { return slices.Clone(eventKinds) }
