// Package devpg runs a private PostgreSQL for development and for tests, made
// from the server programs that are installed on the machine.
//
// It listens on a Unix socket in a private directory and on no port. It knows
// nothing of the application: no schema, no migrations, no configuration. It is
// never used in production, where DATABASE_URL names a real server.
package devpg

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
)

// Database is the database that exists in every cluster of this package, and
// the name of its only account.
const Database = "portal"

// Options say where a cluster lives and how careful it is.
type Options struct {
	Dir     string    // holds one data directory for each major version; made if missing
	Durable bool      // false: a power cut may lose or corrupt the data
	Log     io.Writer // the server's log and our own remarks; nil throws them away
}

// Server is a running cluster.
type Server struct {
	dir     string   // data directory
	socket  string   // directory of the socket
	process *process // nil: somebody else started it
}

// Start starts the cluster in o.Dir, and makes it first where there is none.
// A cluster that another process already runs there is used as it is.
//
// ctx bounds the start only; the server runs until Stop, and on Linux no longer
// than this process. When root starts it, it runs as postgres or nobody; if that
// account cannot enter o.Dir, the data goes to a directory below /var/tmp, and
// the log says so. The error is a *NotFoundError when PostgreSQL is missing.
func Start(ctx context.Context, o Options) (*Server, error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	c, err := open(ctx, o)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	unlock, err := lockFile(ctx, c.data+".lock")
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	defer unlock()
	s, err := c.start(ctx)
	if err != nil {
		return nil, fmt.Errorf("start PostgreSQL: %w", err)
	}
	return s, nil
}

// Dir is the data directory that is really used.
func (s *Server) Dir() string { return s.dir }

// Owned tells whether this process started the server, so that Stop ends it.
func (s *Server) Owned() bool { return s.process != nil }

// URL is the address of one database of the cluster, for pgx, psql and libpq.
func (s *Server) URL(database string) string { return socketURL(s.socket, database) }

// Done is closed when the server has ended, asked to or not. It is never closed
// for a server that another process runs.
func (s *Server) Done() <-chan struct{} {
	if s.process == nil {
		return nil
	}
	return s.process.done
}

// Stop ends the server if this process started it, and returns when it is gone.
// A second call does nothing.
func (s *Server) Stop() error {
	if s.process == nil {
		return nil
	}
	s.process.stop()
	select {
	case <-s.process.done:
		return nil
	default:
		return errors.New("stop PostgreSQL: the server does not end")
	}
}

// socketURL names port and account too, so that PGPORT and PGUSER in the
// environment change nothing.
func socketURL(socket, database string) string {
	q := url.Values{"host": {socket}, "port": {port}, "user": {Database}}
	return (&url.URL{Scheme: "postgres", Path: "/" + database, RawQuery: q.Encode()}).String()
}

// port is only the last part of the socket's name; nothing listens on it.
const port = "5432"

// longestSocket is what the smallest sockaddr_un among our systems can hold.
const longestSocket = 103

// socketDir is the data directory itself, which only the account and root can
// enter, or a private directory with a short name when that path is too long.
func socketDir(data string) string {
	if len(filepath.Join(data, ".s.PGSQL."+port)) <= longestSocket {
		return data
	}
	return filepath.Join("/tmp", fmt.Sprintf("portal-pg-%d-%s", os.Geteuid(), shortHash(data)))
}
