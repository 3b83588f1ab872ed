package demo

import (
	"context"
	"net"
	"net/http"
	"time"

	"portal/internal/id"
	"portal/internal/list"
	"portal/internal/webhook"
)

// webhooks are two addresses: a pilot's on this machine, that gets what happens
// while the demonstration is loaded and is then over, and that of a system that is
// not there yet, so it is paused and collects. They come before what is told.
// The returned function is called when everything has happened.
func (l *loader) webhooks(ctx context.Context) (finish func()) {
	if l.err != nil {
		return func() {}
	}
	receiver, stop, err := pilot(ctx)
	if err != nil {
		l.err = err
		return func() {}
	}
	old := l.webhook(ctx, webhook.Input{Description: "Authentication service, pilot", URL: receiver, All: true})
	next := l.webhook(ctx, webhook.Input{
		Description: "Authentication service", URL: "https://auth.example.org/portal-events",
		Types: []webhook.Type{
			webhook.PartnerActivated, webhook.PartnerDeactivated, webhook.PolicyActivated, webhook.PolicyDeactivated,
			webhook.GrantApproved, webhook.GrantRevoked, webhook.APIKeyCreated, webhook.APIKeyRotated, webhook.APIKeyDeactivated,
		},
	})
	if l.err == nil {
		l.err = l.app.Webhooks.Pause(ctx, l.admin, next, 1)
	}
	return func() {
		defer stop()
		l.deliver(ctx, old)
	}
}

func (l *loader) webhook(ctx context.Context, in webhook.Input) id.Webhook {
	in.ID = id.New[id.Webhook]()
	if l.err == nil {
		_, l.err = l.app.Webhooks.Create(ctx, l.admin, in)
	}
	return in.ID
}

// deliver sends all that was collected, what failed once more, and ends the pilot.
func (l *loader) deliver(ctx context.Context, wid id.Webhook) {
	hooks := l.app.Webhooks
	for range 2 {
		var failed list.Page[webhook.Delivery]
		if l.err == nil {
			l.err = l.app.WebhookWorker().Run(ctx)
		}
		if l.err == nil {
			failed, l.err = hooks.Deliveries(ctx, webhook.DeliveryList.Parse(map[string][]string{"webhook": {wid.String()}, "status": {"queued"}}))
		}
		for _, d := range failed.Items {
			if l.err == nil {
				l.err = hooks.Resend(ctx, l.admin, d.ID, d.Resends)
			}
		}
	}
	if l.err == nil {
		l.err = hooks.Deactivate(ctx, l.admin, wid, 1)
	}
}

// pilot is a receiver on this machine that is overworked at first.
func pilot(ctx context.Context) (address string, stop func(), err error) {
	socket, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	first := make(chan struct{}, 1)
	first <- struct{}{}
	server := &http.Server{ReadHeaderTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		select {
		case <-first:
			http.Error(w, "busy, try again later", http.StatusServiceUnavailable)
		default:
			w.WriteHeader(http.StatusNoContent)
		}
	})}
	go func() { _ = server.Serve(socket) }() // ends when it is closed
	return "http://" + socket.Addr().String() + "/portal-events", func() { _ = server.Close() }, nil
}
