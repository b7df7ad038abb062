package storage

// Request is work for the desk that a host writes in a transaction of its
// own, beside its own data: the desk finds it once that transaction is
// committed. The desk makes it; to everybody else it is opaque.
type Request struct {
	Record Record
	Timer  Timer
}

// Ops gives the request as operations of a batch, for a store whose
// transactions the host cannot share. ErrConflict on committing them: it was
// written before.
func (r Request) Ops() []Op {
	return []Op{PutRecord{Record: r.Record}, SetTimer{Timer: r.Timer}}
}
