package mail_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/config"
	"portal/internal/id"
	"portal/internal/mail"
	"portal/internal/pg"
	"portal/internal/pg/pgtest"
	"portal/internal/problem"
)

func enqueue(t *testing.T, db *pg.DB, to ...string) {
	t.Helper()
	err := db.Housekeep(t.Context(), "test", func(tx *pg.Tx) error {
		for _, address := range to {
			if err := mail.Enqueue(t.Context(), tx, mail.Message{Kind: mail.PasswordChanged, To: address, Lang: "en"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func render(m mail.Message) (mail.Rendered, error) {
	return mail.Rendered{Subject: "Über", Text: "Hello " + m.To}, nil
}

// post collects what was handed over.
type post struct {
	mu   sync.Mutex
	sent []mail.Outgoing
	err  error
}

func (p *post) send(_ context.Context, m mail.Outgoing) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err != nil {
		return p.err
	}
	p.sent = append(p.sent, m)
	return nil
}

func statuses(t *testing.T, db *pg.DB) string {
	t.Helper()
	s, err := pg.Values[string](t.Context(), db.Read(), `select status from mail_outbox order by position`, nil)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(s, " ")
}

func run(t *testing.T, db *pg.DB, p *post) {
	t.Helper()
	if err := (&mail.Worker{DB: db, Render: render, Send: p.send}).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestOPS10MailsGoOutInOrderOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	enqueue(t, db, "a@b.test", "c@d.test", "e@f.test")
	p := &post{}
	run(t, db, p)
	run(t, db, p)
	if len(p.sent) != 3 || p.sent[0].To != "a@b.test" || p.sent[2].To != "e@f.test" || statuses(t, db) != "sent sent sent" {
		t.Errorf("sent %+v, states %s", p.sent, statuses(t, db))
	}
}

func TestOPS10FailuresWaitAndAreGivenUp(t *testing.T) {
	t.Parallel()
	db, clock := pgtest.NewWithClock(t)
	enqueue(t, db, "a@b.test")
	p := &post{err: errors.New("connection refused")}
	run(t, db, p)
	if statuses(t, db) != "queued" {
		t.Fatalf("after a first failure: %s", statuses(t, db))
	}
	clock.Advance(9 * time.Second)
	p.err = nil
	run(t, db, p)
	if len(p.sent) != 0 {
		t.Error("a mail was tried again before its time")
	}
	clock.Advance(2 * time.Second)
	p.err = errors.New("still down")
	run(t, db, p)
	clock.Advance(25 * time.Hour)
	run(t, db, p)
	if statuses(t, db) != "failed" {
		t.Errorf("after a day: %s", statuses(t, db))
	}
	if n, err := mail.Failed(t.Context(), db); n != 1 || err != nil {
		t.Errorf("%d given up, %v", n, err)
	}
}

func TestOPS10RefusedMailsAreGivenUpAtOnceAndCanBeSentAgain(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	enqueue(t, db, "a@b.test")
	p := &post{err: &mail.PermanentError{Err: errors.New("550 no such user")}}
	run(t, db, p)
	if statuses(t, db) != "failed" {
		t.Fatalf("after a refusal: %s", statuses(t, db))
	}
	mid, err := pg.Value[id.Message](t.Context(), db.Read(), `select id from mail_outbox`, nil)
	if err != nil {
		t.Fatal(err)
	}
	admin := authz.Actor{User: id.New[id.User](), Name: "A", Roles: []authz.Role{authz.PartnerAdmin}}
	if err := mail.Retry(t.Context(), db, admin, mid); err != nil {
		t.Fatal(err)
	}
	if err := mail.Retry(t.Context(), db, admin, mid); !errors.Is(err, problem.ErrConflict) {
		t.Errorf("a second press: %v, want ErrConflict", err)
	}
	p.err = nil
	run(t, db, p)
	if len(p.sent) != 1 {
		t.Error("it was not sent again")
	}
	action, err := pg.Values[string](t.Context(), db.Read(), `select action from audit_log`, nil)
	if err != nil || len(action) != 1 || action[0] != string(audit.MailRetried) {
		t.Errorf("events %v %v", action, err)
	}
}

func TestOPS10ManyWorkersSendEachMailOnce(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	var to []string
	for range 200 {
		to = append(to, id.New[id.Message]().String()+"@b.test")
	}
	enqueue(t, db, to...)
	p := &post{}
	var wg sync.WaitGroup
	for range 5 {
		wg.Go(func() { run(t, db, p) })
	}
	wg.Wait()
	seen := map[string]int{}
	for _, m := range p.sent {
		seen[m.To]++
	}
	if len(p.sent) != 200 || len(seen) != 200 {
		t.Errorf("%d sendings of %d mails", len(p.sent), len(seen))
	}
}

// TestINJ2SMTP speaks to a server that writes down every byte.
func TestINJ2SMTPHeadersAreThePortalsOwn(t *testing.T) {
	t.Parallel()
	server := listenSMTP(t, "250 ok")
	send, err := mail.SMTP(config.Mail{Host: "127.0.0.1", Port: server.port, Security: "none", From: "Portal <portal@example.org>"})
	if err != nil {
		t.Fatal(err)
	}
	m := mail.Outgoing{ID: id.New[id.Message](), To: "a@b.test", Rendered: mail.Rendered{Subject: "Prüfung", Text: "line one\nBcc: x@y.test\n.\nend"}}
	for range 2 {
		if err := send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	for _, got := range server.mails() {
		head, body, _ := strings.Cut(got.data, "\r\n\r\n")
		if len(got.to) != 1 || !strings.Contains(got.to[0], "a@b.test") {
			t.Errorf("recipients %q", got.to)
		}
		if !strings.Contains(head, "Message-ID: <"+m.ID.String()+"@example.org>") {
			t.Errorf("no stable Message-ID in:\n%s", head)
		}
		if strings.Contains(head, "Bcc") || !strings.Contains(body, "Bcc: x@y.test") || !strings.Contains(head, "=?UTF-8?q?Pr=C3=BCfung?=") {
			t.Errorf("head:\n%s\nbody:\n%s", head, body)
		}
	}
	if n := len(server.mails()); n != 2 {
		t.Errorf("%d mails arrived, want 2", n)
	}
}

func TestSMTPRefusalsArePermanentAndOthersNot(t *testing.T) {
	t.Parallel()
	for answer, permanent := range map[string]bool{"550 no such user": true, "451 try later": false} {
		server := listenSMTP(t, answer)
		send, err := mail.SMTP(config.Mail{Host: "127.0.0.1", Port: server.port, Security: "none", From: "portal@example.org"})
		if err != nil {
			t.Fatal(err)
		}
		err = send(t.Context(), mail.Outgoing{ID: id.New[id.Message](), To: "a@b.test", Rendered: mail.Rendered{Subject: "s", Text: "t"}})
		var p *mail.PermanentError
		if err == nil || errors.As(err, &p) != permanent {
			t.Errorf("%q: %v", answer, err)
		}
	}
}

func TestSMTPNeverFallsBackToClearText(t *testing.T) {
	t.Parallel()
	server := listenSMTP(t, "250 ok")
	send, err := mail.SMTP(config.Mail{Host: "127.0.0.1", Port: server.port, Security: "starttls", From: "portal@example.org"})
	if err != nil {
		t.Fatal(err)
	}
	if err := send(t.Context(), mail.Outgoing{ID: id.New[id.Message](), To: "a@b.test"}); err == nil {
		t.Error("a mail went out in clear text")
	}
}

// fakeSMTP is a mail server of a few lines on loopback.
type fakeSMTP struct {
	port   int
	answer string       // to RCPT
	refuse string       // an address that it never takes
	fault  atomic.Value // what goes wrong with every mail: a string
	mu     sync.Mutex
	got    []received
}

type received struct {
	to   []string
	data string
}

func (s *fakeSMTP) mails() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got
}

func listenSMTP(t *testing.T, answer string) *fakeSMTP {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	s := &fakeSMTP{port: l.Addr().(*net.TCPAddr).Port, answer: answer}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.serve(c)
		}
	}()
	return s
}

func (s *fakeSMTP) serve(c net.Conn) {
	defer func() { _ = c.Close() }()
	in := bufio.NewReader(c)
	say := func(line string) { _, _ = c.Write([]byte(line + "\r\n")) }
	say("220 test")
	var mail received
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch word := strings.ToUpper(strings.Fields(line + " x")[0]); word {
		case "EHLO", "HELO":
			say("250 test")
		case "RCPT":
			mail.to = append(mail.to, strings.TrimSpace(line))
			if s.refuse != "" && strings.Contains(line, s.refuse) {
				say("550 no such user")
			} else {
				say(s.answer)
			}
		case "DATA":
			say("354 go on")
			for {
				l, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if l == ".\r\n" {
					break
				}
				mail.data += l
			}
			fault, _ := s.fault.Load().(string)
			if fault == "hang" {
				_, _ = in.ReadString('\n') // until the other side gives up
				return
			}
			s.mu.Lock()
			s.got = append(s.got, mail)
			s.mu.Unlock()
			if mail = (received{}); fault == "drop before answer" {
				return
			}
			if say("250 taken"); fault == "drop after taking" {
				return
			}
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}
