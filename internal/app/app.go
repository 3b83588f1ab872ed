// Package app builds the application out of its areas: services and background
// work, once, for every command. It knows no HTTP.
package app

import (
	"context"
	"sync/atomic"
	"time"

	"portal/internal/account"
	"portal/internal/apikey"
	"portal/internal/assignment"
	"portal/internal/auditproof"
	"portal/internal/certificate"
	"portal/internal/challenge"
	"portal/internal/code"
	"portal/internal/config"
	"portal/internal/device"
	"portal/internal/devicetype"
	"portal/internal/ftmchip"
	"portal/internal/hardware"
	"portal/internal/job"
	"portal/internal/mail"
	"portal/internal/note"
	"portal/internal/organisation"
	"portal/internal/outlook"
	"portal/internal/partner"
	"portal/internal/password"
	"portal/internal/pg"
	"portal/internal/policy"
	"portal/internal/policyrequest"
	"portal/internal/publiclist"
	"portal/internal/receipt"
	"portal/internal/reminder"
	"portal/internal/sbi"
	"portal/internal/search"
	"portal/internal/secret"
	"portal/internal/serviceaccount"
	"portal/internal/session"
	"portal/internal/vocabulary"
	"portal/internal/webhook"
)

// App is one installation's services.
type App struct {
	Config        config.Config
	DB            *pg.DB
	Keys          secret.Keys
	Codes         code.Codes
	Accounts      *account.Service
	Partners      *partner.Service
	Registrations *partner.Registrations
	Policies      *policy.Service
	Reminders     *reminder.Service
	Vocabulary    *vocabulary.Service
	DeviceTypes   *devicetype.Service
	Devices       *device.Service
	SBIs          *sbi.Service
	Certificates  *certificate.Service
	APIKeys       *apikey.Service
	Services      *serviceaccount.Service
	Notes         *note.Service
	Work          *assignment.Service
	Search        *search.Service
	Webhooks      *webhook.Service
	Outlook       *outlook.Service
	Organisations *organisation.Service
	Requests      *policyrequest.Service
	Hardware      *hardware.Service
	Receipts      *receipt.Service
	PublicList    *publiclist.Service
	Chips         *ftmchip.Service

	draining atomic.Bool
}

// New builds the services over db.
func New(cfg config.Config, db *pg.DB, keys secret.Keys) *App {
	return NewWith(cfg, db, keys, password.NewHasher(keys, password.NewGate()))
}

// NewWith is New with a hasher of its own: tests bring a cheap one.
func NewWith(cfg config.Config, db *pg.DB, keys secret.Keys, hasher *password.Hasher) *App {
	db.GiveReceipts(receipt.Maker(keys))
	codes := code.New(keys)
	challenges := challenge.New(db, codes)
	a := &App{
		Config: cfg, DB: db, Keys: keys, Codes: codes,
		Accounts:      account.NewService(db, keys, hasher, challenges).WithSecondFactor(cfg.NeedsSecondFactor(), issuer(cfg)),
		Partners:      partner.NewService(db),
		Registrations: partner.NewRegistrations(db, keys, hasher, challenges).WithTerms(cfg.TermsVersion),
		Policies:      policy.NewService(db, policy.Eyes(cfg.FourEyes)).WithZone(cfg.Zone),
		Reminders:     reminder.NewService(db, cfg.Zone),
		Vocabulary:    vocabulary.NewService(db),
		DeviceTypes:   devicetype.NewService(db),
		SBIs:          sbi.NewService(db, cfg.Zone),
		Devices:       device.NewService(db, cfg.Zone, cfg.MaxDevices),
		Certificates:  certificate.NewService(db, cfg.MinCertDays, cfg.FourEyes == "off"),
		APIKeys:       apikey.NewService(db, keys).WithZone(cfg.Zone).WithSecondFactor(cfg.NeedsSecondFactor()),
		Services:      serviceaccount.NewService(db, keys).WithZone(cfg.Zone),
		Notes:         note.NewService(db),
		Work:          assignment.NewService(db),
		Webhooks:      webhook.NewService(db, keys, cfg.WebhookPrivate),
		Outlook:       outlook.NewService(db, cfg.Zone),
		Organisations: organisation.NewService(db, challenges).WithZone(cfg.Zone),
		Requests:      policyrequest.NewService(db, cfg.Zone),
		Hardware:      hardware.NewService(db, cfg.Zone),
		PublicList:    publiclist.NewService(db, cfg.Zone),
		Receipts:      receipt.NewService(db, keys),
	}
	a.Chips = ftmchip.NewService(db, a.Certificates)
	a.Search = search.NewService(db, search.Lists{
		Partners: a.Partners, Accounts: a.Accounts, Policies: a.Policies, Requests: a.Requests, Certs: a.Certificates, Vocabulary: a.Vocabulary,
		Keys: a.APIKeys, Services: a.Services, Webhooks: a.Webhooks, SBIs: a.SBIs, Devices: a.Devices, Chips: a.Chips,
	})
	return a
}

// issuer is this installation's name in authenticator apps: people may have accounts
// at several.
func issuer(cfg config.Config) string {
	if cfg.PublicURL == nil {
		return "Partner Portal"
	}
	return "Partner Portal " + cfg.PublicURL.Hostname()
}

// Drain makes /readyz say no, so that no new requests come while the last ones
// are served.
func (a *App) Drain() { a.draining.Store(true) }

// Draining reports whether Drain was called.
func (a *App) Draining() bool { return a.draining.Load() }

// Jobs are the background work. render writes a mail's words, send hands it
// over; without send mails wait in the outbox.
func (a *App) Jobs(render func(mail.Message) (mail.Rendered, error), send mail.Transport) []job.Job {
	jobs := []job.Job{
		{Name: "purge", Every: time.Hour, Run: a.purge},
		{Name: "review notices", Every: time.Hour, Run: a.Policies.NoticeReviews},
		{Name: "reminders", Every: 10 * time.Minute, Run: a.Reminders.Run},
		{Name: "audit heads", Every: 10 * time.Second, Run: a.Sealer().Run},
	}
	for range webhookWorkers {
		w := a.WebhookWorker()
		jobs = append(jobs, job.Job{Name: "webhooks", Every: time.Second, Run: w.Run})
	}
	if send != nil {
		w := a.MailWorker(render, send)
		jobs = append(jobs, job.Job{Name: "mail", Every: time.Second, Run: w.Run})
	}
	return jobs
}

// webhookWorkers is how many addresses a replica sends to at once: a slow one
// does not hold up the others.
const webhookWorkers = 3

// WebhookWorker sends events to other systems.
func (a *App) WebhookWorker() *webhook.Worker {
	return &webhook.Worker{DB: a.DB, Keys: a.Keys, Client: webhook.NewClient(a.Config.WebhookPrivate, nil)}
}

// Sealer signs the audit log.
func (a *App) Sealer() *auditproof.Sealer {
	return &auditproof.Sealer{DB: a.DB, Keys: a.Keys, File: a.Config.AuditHeads, Mail: a.Config.AuditMail, Zone: a.Config.Zone}
}

// MailWorker sends what stands in the outbox.
func (a *App) MailWorker(render func(mail.Message) (mail.Rendered, error), send mail.Transport) *mail.Worker {
	return &mail.Worker{DB: a.DB, Render: render, Send: send, HandedOff: challenge.HandedOff}
}

// purge forgets what has no further use.
func (a *App) purge(ctx context.Context) error {
	for _, step := range []func(context.Context, *pg.DB) error{
		session.Purge, mail.Purge, reminder.Purge, partner.PurgeDrafts, challenge.Purge, account.Purge,
		serviceaccount.Purge,
		webhook.Purge, device.Purge, receipt.Purge,
	} {
		if err := step(ctx, a.DB); err != nil {
			return err
		}
	}
	return nil
}
