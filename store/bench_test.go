package store

import (
	"fmt"
	"testing"
)

// onEachDatabase is onEach for benchmarks, with a thousand sessions and revocations of others there.
func onEachDatabase(b *testing.B, bench func(b *testing.B, s *Store)) {
	with := func(url func(testing.TB) string) func(b *testing.B) {
		return func(b *testing.B) {
			s := ready(b, url(b))
			fill(b, s, 1000, anHour())
			bench(b, s)
		}
	}
	b.Run("SQLite", with(sqliteURL))
	b.Run("PostgreSQL", with(postgresURL))
}

func BenchmarkPutSession(b *testing.B) {
	onEachDatabase(b, func(b *testing.B, s *Store) {
		session := alicesSession()
		session.Data = make([]byte, 4000) // as much as three tokens are
		for i := 0; b.Loop(); i++ {
			session.ID = fmt.Sprint(i)
			put(b, s, session)
		}
	})
}

func BenchmarkReplaceSession(b *testing.B) {
	onEachDatabase(b, func(b *testing.B, s *Store) {
		session := alicesSession()
		session.Data = make([]byte, 4000)
		put(b, s, session)
		for b.Loop() {
			if err := s.ReplaceSession(b.Context(), session); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSession(b *testing.B) {
	onEachDatabase(b, func(b *testing.B, s *Store) {
		session := alicesSession()
		session.Data = make([]byte, 4000)
		put(b, s, session)
		for b.Loop() {
			if _, err := s.Session(b.Context(), session.ID); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkLeaseSession(b *testing.B) {
	onEachDatabase(b, func(b *testing.B, s *Store) {
		session := alicesSession()
		put(b, s, session)
		for b.Loop() {
			if leased, err := s.LeaseSession(b.Context(), session.ID, 0); err != nil || !leased {
				b.Fatal(leased, err)
			}
		}
	})
}

func BenchmarkRevoke(b *testing.B) {
	onEachDatabase(b, func(b *testing.B, s *Store) {
		for i := 0; b.Loop(); i++ {
			name := fmt.Sprint(i)
			if err := s.Revoke(b.Context(), Revocation{RealmSession: name, ExpiresAt: anHour()}, name, anHour()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// What the poll costs when nothing has happened.
func BenchmarkRevocationsAfter(b *testing.B) {
	onEachDatabase(b, func(b *testing.B, s *Store) {
		last := after(b, s, 0)[999].Sequence
		for b.Loop() {
			if all := after(b, s, last); len(all) != 0 {
				b.Fatal(all)
			}
		}
	})
}

// What a start costs after a day of many sign-outs.
func BenchmarkManyRevocationsAfter(b *testing.B) {
	onEachDatabase(b, func(b *testing.B, s *Store) {
		if _, err := s.write.Exec("DELETE FROM revocations"); err != nil {
			b.Fatal(err)
		}
		addMany(b, s, 100_000)
		for b.Loop() {
			if all := after(b, s, 0); len(all) != 100_000 {
				b.Fatal(len(all))
			}
		}
	})
}
