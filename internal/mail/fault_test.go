package mail_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"portal/internal/config"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg/pgtest"
)

// smtpTo is a Transport to a test's server that waits no longer than limit.
func smtpTo(t *testing.T, s *fakeSMTP, limit time.Duration) mail.Transport {
	t.Helper()
	send, err := mail.SMTPWithin(config.Mail{Host: "127.0.0.1", Port: s.port, Security: "none", From: "Portal <portal@example.org>"}, limit)
	if err != nil {
		t.Fatal(err)
	}
	return send
}

// TestF9ServerDropsTheLinkAfterTaking: the mail is taken, so it goes out once.
func TestF9ServerDropsTheLinkAfterTaking(t *testing.T) {
	t.Parallel()
	db, clock := pgtest.NewWithClock(t)
	server := listenSMTP(t, "250 ok")
	server.fault.Store("drop after taking")
	w := &mail.Worker{DB: db, Render: render, Send: smtpTo(t, server, 10*time.Second)}
	enqueue(t, db, "a@b.test")
	for range 3 {
		if err := w.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		clock.Advance(2 * time.Hour)
	}
	if n := len(server.mails()); n != 1 || statuses(t, db) != "sent" {
		t.Errorf("%d mails taken, %s", n, statuses(t, db))
	}
}

// TestF9ServerDropsTheLinkBeforeItsAnswer: nobody knows whether it was taken, so it
// goes out again, under the same Message-ID.
func TestF9ServerDropsTheLinkBeforeItsAnswer(t *testing.T) {
	t.Parallel()
	db, clock := pgtest.NewWithClock(t)
	server := listenSMTP(t, "250 ok")
	server.fault.Store("drop before answer")
	w := &mail.Worker{DB: db, Render: render, Send: smtpTo(t, server, 10*time.Second)}
	enqueue(t, db, "a@b.test")
	if err := w.Run(t.Context()); err != nil || statuses(t, db) != "queued" {
		t.Fatalf("%v, %s", err, statuses(t, db))
	}
	server.fault.Store("")
	clock.Advance(time.Minute)
	if err := w.Run(t.Context()); err != nil || statuses(t, db) != "sent" {
		t.Fatalf("%v, %s", err, statuses(t, db))
	}
	got := server.mails()
	if len(got) != 2 || header(got[0].data, "Message-ID") == "" || header(got[0].data, "Message-ID") != header(got[1].data, "Message-ID") {
		t.Errorf("%d mails, %q", len(got), got)
	}
}

// TestF9ServerThatHangs is given up after the limit and tried again later; codes
// keep their order.
func TestF9ServerThatHangs(t *testing.T) {
	t.Parallel()
	db, clock := pgtest.NewWithClock(t)
	server := listenSMTP(t, "250 ok")
	server.fault.Store("hang")
	w := &mail.Worker{DB: db, Render: render, Send: smtpTo(t, server, 50*time.Millisecond)}
	enqueue(t, db, "a@b.test", "c@d.test")
	if err := w.Run(t.Context()); err != nil || statuses(t, db) != "queued queued" {
		t.Fatalf("%v, %s", err, statuses(t, db))
	}
	server.fault.Store("")
	clock.Advance(time.Minute)
	w.Send = smtpTo(t, server, 10*time.Second)
	if err := w.Run(t.Context()); err != nil || statuses(t, db) != "sent sent" {
		t.Fatalf("%v, %s", err, statuses(t, db))
	}
	if got := server.mails(); len(got) != 2 || !strings.Contains(got[0].to[0], "a@b.test") {
		t.Errorf("%+v", got)
	}
}

// TestF9OneRecipientRefused: the others get theirs.
func TestF9OneRecipientRefused(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	server := listenSMTP(t, "250 ok")
	server.refuse = "c@d.test"
	w := &mail.Worker{DB: db, Render: render, Send: smtpTo(t, server, 10*time.Second)}
	enqueue(t, db, "a@b.test", "c@d.test", "e@f.test")
	for range 2 {
		if err := w.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if got := statuses(t, db); got != "sent failed sent" || len(server.mails()) != 2 {
		t.Errorf("%s, %d mails", got, len(server.mails()))
	}
}

// TestF11StaleWorker is stopped while it hands a mail over; another one takes what
// it had claimed. When it goes on, it neither sends the rest nor takes the other's
// mails back.
func TestF11StaleWorker(t *testing.T) {
	t.Parallel()
	db, clock := pgtest.NewWithClock(t)
	enqueue(t, db, "a@b.test", "c@d.test", "e@f.test")
	live := &post{}
	var stale []string
	w := &mail.Worker{DB: db, Render: render, Send: func(_ context.Context, m mail.Outgoing) error {
		stale = append(stale, m.To)
		clock.Advance(3 * time.Minute) // stopped for longer than its lease
		run(t, db, live)
		return errors.New("connection lost")
	}}
	if err := w.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	if strings.Join(stale, " ") != "a@b.test" || len(live.sent) != 3 || statuses(t, db) != "sent sent sent" {
		t.Errorf("the stopped one sent %v, the live one %d; %s", stale, len(live.sent), statuses(t, db))
	}
	run(t, db, live)
	if len(live.sent) != 3 {
		t.Errorf("%d mails went out", len(live.sent))
	}
}

// A stale worker's failure does not take a mail from the worker that hands it over
// now.
func TestF11StaleFailureCountsForNothing(t *testing.T) {
	t.Parallel()
	db, clock := pgtest.NewWithClock(t)
	enqueue(t, db, "a@b.test")
	sending, finish, done := make(chan struct{}), make(chan struct{}), make(chan error)
	live := &mail.Worker{DB: db, Render: render, Send: func(context.Context, mail.Outgoing) error {
		close(sending)
		<-finish
		return nil
	}}
	stale := &mail.Worker{DB: db, Render: render, Send: func(context.Context, mail.Outgoing) error {
		clock.Advance(3 * time.Minute)
		go func() { done <- live.Run(t.Context()) }()
		<-sending
		return errors.New("connection lost")
	}}
	if err := stale.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	third := &post{}
	clock.Advance(time.Minute) // later than the stale one would try again, earlier than the live one's lease ends
	run(t, db, third)
	close(finish)
	if err := <-done; err != nil || len(third.sent) != 0 || statuses(t, db) != "sent" {
		t.Errorf("%v, sent again %d times, %s", err, len(third.sent), statuses(t, db))
	}
}

// TestRFC8058Headers reads the bytes of a real conversation.
func TestRFC8058Headers(t *testing.T) {
	t.Parallel()
	server := listenSMTP(t, "250 ok")
	send := smtpTo(t, server, 10*time.Second)
	const secret = "/unsubscribe?token=01890000-0000-7000-8000-000000000000.endings_daily.abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
	for _, address := range []string{"https://partners.example.org" + secret, "http://127.0.0.1:8080" + secret, ""} {
		m := mail.Outgoing{ID: id.New[id.Message](), To: "a@b.test", Rendered: mail.Rendered{Subject: "s", Text: "t", Unsubscribe: address}}
		if err := send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	got := server.mails()
	if h := header(got[0].data, "List-Unsubscribe"); h != "<https://partners.example.org"+secret+">" {
		t.Errorf("List-Unsubscribe: %q", h)
	}
	if h := header(got[0].data, "List-Unsubscribe-Post"); h != "List-Unsubscribe=One-Click" {
		t.Errorf("List-Unsubscribe-Post: %q", h)
	}
	if h := header(got[1].data, "List-Unsubscribe"); h != "<http://127.0.0.1:8080"+secret+">" || header(got[1].data, "List-Unsubscribe-Post") != "" {
		t.Errorf("without https one click is offered:\n%s", got[1].data)
	}
	if head, _, _ := strings.Cut(got[2].data, "\r\n\r\n"); strings.Contains(head, "List-") {
		t.Errorf("an essential mail can be switched off:\n%s", head)
	}
}

// TestINJ2UnsubscribeHeader: what is no address makes no header, and no mail.
func TestINJ2UnsubscribeHeader(t *testing.T) {
	t.Parallel()
	server := listenSMTP(t, "250 ok")
	send := smtpTo(t, server, 10*time.Second)
	err := send(t.Context(), mail.Outgoing{ID: id.New[id.Message](), To: "a@b.test", Rendered: mail.Rendered{
		Subject: "s", Text: "t", Unsubscribe: "https://p.example/x\r\nBcc: v@w.test",
	}})
	var permanent *mail.PermanentError
	if !errors.As(err, &permanent) || len(server.mails()) != 0 {
		t.Errorf("%v, %d mails", err, len(server.mails()))
	}
}

// header is a header of a mail, unfolded.
func header(data, name string) string {
	head, _, _ := strings.Cut(data, "\r\n\r\n")
	head = strings.ReplaceAll(head, "\r\n ", " ")
	for line := range strings.SplitSeq(head, "\r\n") {
		if n, v, ok := strings.Cut(line, ":"); ok && n == name {
			return strings.TrimSpace(v)
		}
	}
	return ""
}
