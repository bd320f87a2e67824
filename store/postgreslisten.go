package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// listen uses a connection of its own, since one of the pool would have to be kept anyway.
func (p *postgres) listen(ctx context.Context, silence time.Duration, hear func()) error {
	dial, cancel := context.WithTimeout(ctx, operationTimeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(dial, p.config.Copy())
	if err != nil {
		return err
	}
	defer hangUp(conn)
	if _, err := conn.Exec(dial, "LISTEN "+postgresChannel); err != nil {
		return err
	}
	hear() // what was announced before is not repeated
	for {
		heard, err := await(ctx, conn, silence)
		if err != nil {
			return err
		}
		if heard {
			hear()
		}
	}
}

// await reports whether an announcement came before it was time to ask whether the server is still there: a connection that
// a firewall forgot is as silent as one on which nothing happens.
func await(ctx context.Context, conn *pgx.Conn, silence time.Duration) (bool, error) {
	within, cancel := context.WithTimeout(ctx, silence)
	defer cancel()
	_, err := conn.WaitForNotification(within)
	switch {
	case err == nil:
		return true, nil
	case ctx.Err() != nil, !pgconn.Timeout(err):
		return false, err
	}
	answer, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return false, conn.Ping(answer)
}

// hangUp says goodbye to a server that listens, and does not wait long for one that does not.
func hangUp(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = conn.Close(ctx)
}
