package storagetest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/handoffdesk/handoff"
	"github.com/handoffdesk/handoff/storage"
)

// records is documents under keys.
type records struct{}

func (records) DataIsKeptByteForByte(s *setup) {
	s.rule("Record is a small document that the store keeps without knowing what is in it.")
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	var keys []storage.Key
	var want []storage.Record
	for i, data := range [][]byte{every, {0}, []byte("{not json"), []byte("  "), []byte("{ \"a\" : 1 }"), nil, {}, bytes.Repeat(every, storage.MaxData/256)} {
		r := storage.Record{Key: key(fmt.Sprint(i)), Version: int64(i + 1), Data: data, Expires: s.now.Add(time.Hour)}
		s.must(storage.PutRecord{Record: r})
		keys, want = append(keys, r.Key), append(want, r)
	}
	longest := storage.Key{Bot: handoff.BotID(strings.Repeat("b", handoff.MaxID)), Kind: strings.Repeat("k", storage.MaxKeyPart),
		Parent: strings.Repeat("é", storage.MaxKeyPart/2), ID: strings.Repeat("😀", storage.MaxKeyPart/4)}
	for _, r := range []storage.Record{
		{Key: longest, Version: -1, Data: []byte("x")}, {Key: key("least"), Version: -1 << 63, Data: []byte("x")},
		{Key: key("most"), Version: 1<<63 - 1, Data: []byte("x")}, {Key: storage.Key{Kind: "house", ID: "x"}, Version: 1, Data: []byte("x")},
	} {
		s.must(storage.PutRecord{Record: r})
		keys, want = append(keys, r.Key), append(want, r)
	}
	for i, got := range s.lookup(keys...) {
		if len(got.Data) == 0 && len(want[i].Data) == 0 {
			got.Data = want[i].Data
		}
		equal(s, fmt.Sprintf("record %d", i+1), got, want[i])
	}
	got, err := s.store.Records(s.ctx, storage.Range{Bot: longest.Bot, Kind: longest.Kind, Parent: longest.Parent}, 10)
	s.ok(err, "Records")
	equal(s, "record with the longest key", got, []storage.Record{want[8]})
}

func (records) CompareVersionsForEquality(s *setup) {
	s.rule("PutRecord stores a record whose present version is Expect (0: it is absent or expired).")
	version := func(id string, want int64) {
		s.Helper()
		equal(s, "version of record "+id, s.lookup(key(id))[0].Version, want)
	}
	s.refused(storage.ErrConflict, storage.PutRecord{Record: record(key("1"), 5), Expect: 4})
	s.must(storage.PutRecord{Record: record(key("1"), 5)})
	s.refused(storage.ErrConflict, storage.PutRecord{Record: record(key("1"), 5)})
	for _, stale := range []int64{4, 6, -5, 5 + 1<<32} {
		s.refused(storage.ErrConflict, storage.PutRecord{Record: record(key("1"), 9), Expect: stale})
		s.refused(storage.ErrConflict, storage.DeleteRecord{Key: key("1"), Expect: stale})
		s.refused(storage.ErrConflict, storage.Check{Key: key("1"), Version: stale})
	}
	version("1", 5)
	s.must(storage.Check{Key: key("1"), Version: 5}, storage.Check{Key: key("2")})
	s.must(storage.PutRecord{Record: record(key("1"), -7), Expect: 5}) // lower, and negative
	version("1", -7)
	s.must(storage.Check{Key: key("1"), Version: -7})
	s.refused(storage.ErrConflict, storage.Check{Key: key("1")})
	s.rule("DeleteRecord removes a record that is at version Expect, which is never 0.")
	s.must(storage.DeleteRecord{Key: key("1"), Expect: -7})
	version("1", 0)
	s.refused(storage.ErrConflict, storage.DeleteRecord{Key: key("1"), Expect: -7})
	s.refused(storage.ErrConflict, storage.Check{Key: key("1"), Version: -7})
	s.must(storage.Check{Key: key("1")})
	s.must(storage.PutRecord{Record: record(key("1"), 5)})
	version("1", 5)
}

func (records) ALeaseIsRenewedAtItsVersion(s *setup) {
	s.rule("or the same as Expect to renew a lease without breaking a Check on it")
	lease := record(key("lease"), 5)
	lease.Expires = s.now.Add(time.Hour)
	s.must(storage.PutRecord{Record: lease})
	for i := 2; i < 4; i++ {
		lease.Expires = s.now.Add(time.Duration(i) * time.Hour)
		lease.Data = []byte(fmt.Sprint("renewed ", i))
		s.must(storage.PutRecord{Record: lease, Expect: 5})
		s.must(storage.Check{Key: lease.Key, Version: 5})
		equal(s, "the lease after its renewal", s.lookup(lease.Key), []storage.Record{lease})
	}
	lease.Expires = time.Time{}
	s.must(storage.PutRecord{Record: lease, Expect: 5})
	equal(s, "the lease without an end", s.lookup(lease.Key), []storage.Record{lease})
}

func (records) AnExpiredRecordIsAbsent(s *setup) {
	s.rule("An expired record is absent to every read and expectation")
	expired := func(id string) storage.Record {
		r := record(key(id), 5)
		r.Expires = s.now.Add(-time.Hour)
		return r
	}
	for i := range 6 {
		r := expired(fmt.Sprint(i))
		if i%2 == 1 {
			r.Expires = s.now.Add(time.Hour)
		}
		s.must(storage.PutRecord{Record: r})
	}
	kept := []storage.Key{key("1"), key("3"), key("5")}
	for i, r := range s.lookup(key("0"), key("1"), key("2")) {
		if want := int64(5 * (i % 2)); r.Version != want || want == 0 && len(r.Data) > 0 {
			s.Errorf("Lookup gives version %d and %d bytes of record %d, which expired an hour ago, or will in an hour", r.Version, len(r.Data), i)
		}
	}
	for _, limit := range []int{1, 2, 3, 10} {
		got, err := s.store.Records(s.ctx, storage.Range{Bot: bot, Kind: "kind"}, limit)
		s.ok(err, "Records")
		equal(s, fmt.Sprintf("Records up to %d, of which three have not expired", limit), keysOf(got), kept[:min(limit, 3)])
	}
	s.refused(storage.ErrConflict, storage.Check{Key: key("0"), Version: 5})
	s.refused(storage.ErrConflict, storage.DeleteRecord{Key: key("0"), Expect: 5})
	s.refused(storage.ErrConflict, storage.PutRecord{Record: record(key("0"), 6), Expect: 5})
	s.must(storage.Check{Key: key("0")})
	s.must(storage.PutRecord{Record: record(key("0"), 6)})
	equal(s, "a record put over an expired one", s.lookup(key("0")), []storage.Record{record(key("0"), 6)})
	s.must(storage.PutRecord{Record: expired("1"), Expect: 5}) // now it is gone too
	equal(s, "version of a record that was put to have expired", s.lookup(key("1"))[0].Version, 0)
	s.winners(together(16, func(i int) error {
		return s.commit(storage.PutRecord{Record: record(key("2"), int64(10+i))})
	}), 1, "16 puts of a new record over an expired one")
}

func keysOf(rs []storage.Record) []storage.Key {
	var ks []storage.Key
	for _, r := range rs {
		ks = append(ks, r.Key)
	}
	return ks
}

func (records) LookupGivesThemInTheAskedOrder(s *setup) {
	s.rule("Lookup gives the records with these keys, in their order; one that is absent or expired has Version 0 and no Data.")
	s.must(storage.PutRecord{Record: record(key("1"), 1)}, storage.PutRecord{Record: record(key("2"), 2)})
	s.must(of(other, []storage.Op{storage.PutRecord{Record: record(key("3"), 3)}})...)
	asked := []string{"2", "none", "1", "3", "2", "2", "1", ""}
	var keys []storage.Key
	for _, id := range asked {
		keys = append(keys, key(id))
	}
	for i, r := range s.lookup(keys...) {
		switch asked[i] {
		case "1", "2":
			equal(s, fmt.Sprintf("number %d of a Lookup", i+1), r, record(key(asked[i]), int64(asked[i][0]-'0')))
		default:
			if r.Version != 0 || len(r.Data) > 0 {
				s.Errorf("Lookup gives version %d and %d bytes of a record that is absent", r.Version, len(r.Data))
			}
		}
	}
	none, err := s.store.Lookup(s.ctx, nil)
	s.fails(err, nil, "Lookup of nothing")
	equal(s, "records", len(none), 0)
	for n, want := range map[int]error{storage.MaxLookup: nil, storage.MaxLookup + 1: storage.ErrInvalid} {
		rs, err := s.store.Lookup(s.ctx, slices.Repeat([]storage.Key{key("1")}, n))
		s.fails(err, want, "Lookup of %d keys", n)
		if want == nil {
			equal(s, "records", len(rs), n)
		}
	}
}

func (records) RangesStandInTheOrderOfTheirBytes(s *setup) {
	s.rule("Records gives up to limit unexpired records of one bot and kind in ascending (Parent, ID).")
	parts := []string{"a", "a ", "a!", "A", "b", "B", "aa", "é", "e\u0301", "\uffff", "😀", "z", "~", "\x01", "a\x01"}
	var flat, tree []storage.Key
	for _, p := range parts {
		flat = append(flat, storage.Key{Bot: bot, Kind: "flat", ID: p})
		for _, id := range parts[:5] {
			tree = append(tree, storage.Key{Bot: bot, Kind: "tree", Parent: p, ID: id})
		}
	}
	for _, ks := range [][]storage.Key{flat, tree} {
		var ops []storage.Op
		for _, k := range ks {
			near := k
			near.Kind += "house"
			house := k
			house.Bot = ""
			ops = append(ops, storage.PutRecord{Record: record(k, 1)}, storage.PutRecord{Record: record(near, 1)}, storage.PutRecord{Record: record(house, 1)})
		}
		s.must(ops...)
		s.must(of(other, ops[:1])...)
		slices.SortFunc(ks, storage.Key.Compare)
	}
	walk := func(r storage.Range, limit int, want []storage.Key) {
		s.Helper()
		var got []storage.Key
		for {
			rs, err := s.store.Records(s.ctx, r, limit)
			s.ok(err, "Records(%+v, %d)", r, limit)
			if len(rs) > limit {
				s.Fatalf("Records(%+v) gives %d records, which is more than %d", r, len(rs), limit)
			}
			got = append(got, keysOf(rs)...)
			if len(rs) < limit || len(got) > len(want) {
				break
			}
			r.After = rs[len(rs)-1].Key
		}
		equal(s, fmt.Sprintf("Records(%+v) in pages of %d", r, limit), got, want)
	}
	for _, limit := range []int{1, 4, len(parts), storage.MaxPage} {
		walk(storage.Range{Bot: bot, Kind: "flat"}, limit, flat)
		walk(storage.Range{Bot: bot, Kind: "tree"}, limit, tree)
		walk(storage.Range{Bot: bot, Kind: "none"}, limit, nil)
		walk(storage.Range{Bot: "none", Kind: "flat"}, limit, nil)
		walk(storage.Range{Bot: bot, Kind: "tree", Parent: "none"}, limit, nil)
		for _, p := range parts {
			var want []storage.Key
			for _, k := range tree {
				if k.Parent == p {
					want = append(want, k)
				}
			}
			walk(storage.Range{Bot: bot, Kind: "tree", Parent: p}, limit, want)
		}
	}
	s.rule("After is the key of the last record given; its zero value starts at the first, any other is one of this range.")
	for i, k := range tree {
		walk(storage.Range{Bot: bot, Kind: "tree", After: k}, 7, tree[i+1:])
	}
	gone := storage.Key{Bot: bot, Kind: "tree", Parent: "a", ID: "a0"} // a place need not hold anything
	at, _ := slices.BinarySearchFunc(tree, gone, storage.Key.Compare)
	walk(storage.Range{Bot: bot, Kind: "tree", After: gone}, 7, tree[at:])
	s.rule("Bot \"\" is the house, which all bots share.")
	got, err := s.store.Records(s.ctx, storage.Range{Kind: "flat"}, storage.MaxPage)
	s.ok(err, "Records of the house")
	equal(s, "records of the house", len(got), len(flat))
}
