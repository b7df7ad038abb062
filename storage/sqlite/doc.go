// Package sqlite keeps a desk's data in one SQLite file: the store to begin
// with, without a server to run.
package sqlite
