package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"portal/internal/config"
)

// SMTP is a Transport to the configured mail server. A server that offers no
// STARTTLS where it is asked for is an error, never a fall-back to clear text.
func SMTP(c config.Mail) (Transport, error) { return smtpWithin(c, sendLimit) }

func smtpWithin(c config.Mail, limit time.Duration) (Transport, error) {
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("sender of the mails: %w", err)
	}
	opts := []gomail.Option{
		gomail.WithPort(c.Port), gomail.WithTimeout(limit),
		gomail.WithTLSConfig(&tls.Config{ServerName: c.Host, MinVersion: tls.VersionTLS12}),
	}
	switch c.Security {
	case "tls":
		opts = append(opts, gomail.WithSSL())
	case "none":
		opts = append(opts, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		opts = append(opts, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	if c.Username != "" {
		opts = append(opts, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(c.Username), gomail.WithPassword(c.Password.Reveal()))
	}
	if _, err := gomail.NewClient(c.Host, opts...); err != nil {
		return nil, fmt.Errorf("mail server settings: %w", err)
	}
	return func(ctx context.Context, m Outgoing) error {
		msg, err := compose(from, m)
		if err != nil {
			return &PermanentError{err}
		}
		client, err := gomail.NewClient(c.Host, opts...)
		if err != nil {
			return err
		}
		if err := client.DialAndSendWithContext(ctx, msg); !msg.IsDelivered() {
			return refusal(err)
		}
		return nil // taken: how the server says goodbye makes no second mail (fault plan F9)
	}, nil
}

func compose(from *netmail.Address, m Outgoing) (*gomail.Msg, error) {
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(from)
	if err := msg.To(m.To); err != nil {
		return nil, err
	}
	msg.Subject(m.Subject)
	msg.SetMessageIDWithValue(m.ID.String() + "@" + domain(from.Address))
	msg.SetDate()
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	if err := unsubscribe(msg, m.Unsubscribe); err != nil {
		return nil, err
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	return msg, nil
}

// unsubscribe names the address that switches such mails off; mail programs call
// it with one click (RFC 8058), but only where it is https.
func unsubscribe(msg *gomail.Msg, address string) error {
	switch {
	case address == "":
		return nil
	case strings.HasPrefix(address, "https://"):
		return msg.SetListUnsubscribeOneClick(address)
	}
	msg.SetListUnsubscribe(address)
	return nil
}

func domain(address string) string {
	for i := len(address) - 1; i >= 0; i-- {
		if address[i] == '@' {
			return address[i+1:]
		}
	}
	return "localhost"
}

// refusal marks what the server will never take: a 5yz answer.
func refusal(err error) error {
	var e *gomail.SendError
	if errors.As(err, &e) && !e.IsTemp() && e.ErrorCode() >= 500 {
		return &PermanentError{err}
	}
	return err
}

// Mailbox is the development Transport: it sends nothing. What would be sent
// stands at /dev/mail.
func Mailbox(context.Context, Outgoing) error { return nil }
