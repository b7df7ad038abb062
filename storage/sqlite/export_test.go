package sqlite

import "database/sql"

// Texts gives every statement that the store has used so far.
func (s *Store) Texts() []string {
	var texts []string
	s.selects.Range(func(text, _ any) bool {
		texts = append(texts, text.(string))
		return true
	})
	for text := range s.writer.stmts {
		texts = append(texts, text)
	}
	return texts
}

// Reads gives a connection pool to look behind the store.
func (s *Store) Reads() *sql.DB { return s.reads }
