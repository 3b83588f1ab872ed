// Package reminder tells people in time what is about to end, and staff once a
// week how things stand. It reads the tables of certificates, requests, keys and
// what providers supply and changes none of them; what a mail says stands in package mailtpl.
package reminder

import (
	"context"
	"errors"
	"time"

	"portal/internal/pg"
)

// sendFrom is the hour of the day, in the portal's zone, from which mails of the
// day go out.
const sendFrom = 7

// keep is how long rounds and notices are remembered after their day.
const keep = 60 * 24 * time.Hour

// Service makes the rounds.
type Service struct {
	db   *pg.DB
	zone *time.Location
}

// NewService counts days as they begin and end in zone.
func NewService(db *pg.DB, zone *time.Location) *Service { return &Service{db: db, zone: zone} }

// Run makes the rounds that are due: once a day of what ends (see endings), once a
// week the summary (see weekly). A round that fell into a time when nothing ran is
// made up for while its day or week lasts; nobody gets one at night. However many replicas run this and
// however often they start again, each round is made once: its row and its mails
// are one transaction. It is background work.
func (s *Service) Run(ctx context.Context) error {
	now := s.db.Now().In(s.zone)
	today := pg.Day(now)
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	if now.Hour() < sendFrom {
		return nil
	}
	return errors.Join(s.round(ctx, "endings", today, s.endings), s.round(ctx, "weekly", monday, s.weekly))
}

// round lets one caller make a round: the others wait at its row, and find it made.
func (s *Service) round(ctx context.Context, kind string, day time.Time, do func(context.Context, *pg.Tx, time.Time) error) error {
	return s.db.Housekeep(ctx, "reminders: "+kind, func(tx *pg.Tx) error {
		n, err := tx.Exec(ctx, `insert into reminder_rounds (kind, day, made_at) values (@kind, @day, @now) on conflict do nothing`,
			pg.Args{"kind": kind, "day": day, "now": tx.Now()})
		if err != nil {
			return err
		}
		if n == 0 {
			return pg.ErrNothing
		}
		return do(ctx, tx, day)
	})
}

// Purge forgets rounds and notices that can say nothing any more.
func Purge(ctx context.Context, db *pg.DB) error {
	return db.Housekeep(ctx, "purge reminders", func(tx *pg.Tx) error {
		before := pg.Args{"before": tx.Now().Add(-keep)}
		if _, err := tx.Exec(ctx, `delete from end_notices where ends_on < @before::timestamptz::date`, before); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `delete from reminder_rounds where day < @before::timestamptz::date`, before)
		return err
	})
}
