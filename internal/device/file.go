package device

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"time"

	"portal/internal/approval"
	"portal/internal/audit"
	"portal/internal/authz"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
	"portal/internal/sbi"
)

// A provider's files that it has not taken: the oldest go when there are more, and
// each after some days.
const (
	maxFiles = 10
	keepFor  = 7 * 24 * time.Hour
)

// Import is a file of devices that a provider sent. Its text is forgotten once it
// is taken.
type Import struct {
	ID            id.DeviceImport
	PartnerID     id.Partner
	SBIID         id.SBI
	SBIVersion    string
	SBIStatus     approval.Status
	FileName      string
	Content       string
	CreatedByName string
	CreatedAt     time.Time
	ImportedAt    *time.Time // nil: not taken
	Devices       int        // how many were taken
}

// Print is a fingerprint of the text and of what it is for: by it a page says what
// it showed.
func (i Import) Print() string {
	sum := sha256.Sum256([]byte(i.SBIID.String() + i.Content))
	return hex.EncodeToString(sum[:16])
}

// Preview is a file with what would be registered, and what stands in the way.
type Preview struct {
	Import
	Lines    []PreviewLine
	Findings []Finding
	Good     int   // lines without a finding
	Room     int   // how many devices the provider can still register
	Halt     error // why nothing can be registered whatever the lines say: a *problem.ConflictError; nil if nothing is
}

// PreviewLine is one line with how many findings it has.
type PreviewLine struct {
	Line
	Findings int
}

// Ready reports whether the file can be taken as it is.
func (p Preview) Ready() bool {
	return p.ImportedAt == nil && len(p.Findings) == 0 && p.Good > 0 && p.Good <= p.Room && p.Halt == nil
}

// NewFile is a file as its form sends it: the form proposes the ID (security.md
// CON-3).
type NewFile struct {
	ID      id.DeviceImport
	SBI     id.SBI
	Name    string
	Content []byte
}

// Upload keeps a file of devices to be looked at, or puts it in the place of the
// one with this ID that is not taken. It registers nothing. It needs
// authz.DeviceSend. Errors: the input "file" for one that cannot be read as a
// whole; the input "sbi"; problem.ErrNotFound for the ID of somebody else's;
// a *problem.ConflictError for one that is taken.
func (s *Service) Upload(ctx context.Context, a authz.Actor, in NewFile) error {
	_, unreadable := readCSV(in.Content)
	err := s.db.Change(ctx, a, authz.DeviceSend, func(tx *pg.Tx) (audit.Event, error) {
		b, err := s.choose(ctx, tx, a, in.SBI, unreadable)
		if err != nil {
			return audit.Event{}, err
		}
		// What does not fit into the column is a name that nobody needs whole.
		name := short(in.Name)
		n, err := tx.Exec(ctx, `
			insert into device_imports (id, partner_id, sbi_id, file_name, content, created_by, created_at)
			values (@id, @partner, @sbi, @name, @content, @by, @now)
			on conflict (id) do update set sbi_id = excluded.sbi_id, file_name = excluded.file_name, content = excluded.content,
				created_by = excluded.created_by, created_at = excluded.created_at
			where device_imports.partner_id = excluded.partner_id and device_imports.imported_at is null`,
			pg.Args{"id": in.ID, "partner": a.Partner, "sbi": b.ID, "name": name, "content": string(in.Content), "by": a.User, "now": tx.Now()})
		if err != nil {
			return audit.Event{}, err
		}
		if n == 0 {
			return audit.Event{}, taken(ctx, tx, a, in.ID)
		}
		return fileEvent(audit.DevicesChecked, b, audit.Diff(nil, "file", "", name)), forgetOlder(ctx, tx, a.Partner)
	})
	return change("keep file of devices", err)
}

// taken says why a file cannot be replaced: somebody registered it, or it is
// another provider's.
func taken(ctx context.Context, q pg.Querier, a authz.Actor, iid id.DeviceImport) error {
	i, err := importByID(ctx, q, own(a), iid)
	if err != nil {
		return err
	}
	return &problem.ConflictError{Key: "device.conflict.taken", Args: []any{"Count", i.Devices}}
}

// forgetOlder keeps the newest files of a provider that are not taken: each can
// have a megabyte.
func forgetOlder(ctx context.Context, tx *pg.Tx, pid id.Partner) error {
	_, err := tx.Exec(ctx, `
		delete from device_imports where id in (
			select id from device_imports where partner_id = @partner and imported_at is null order by created_at desc, id desc offset @keep)`,
		pg.Args{"partner": pid, "keep": maxFiles})
	return err
}

// fileEvent tells of a file in the history of the SBI that it is for.
func fileEvent(action audit.Action, b sbi.SBI, detail []audit.Change) audit.Event {
	return audit.Event{
		Action: action, Partner: b.PartnerID, Before: b.Version, After: b.Version, Detail: detail,
		Subject: audit.Subject{Kind: audit.SBI, ID: b.ID.String(), Name: b.Name()},
	}
}

func importByID(ctx context.Context, q pg.Querier, scope authz.Scope, iid id.DeviceImport) (Import, error) {
	return pg.One[Import](ctx, q, `
		select i.id, i.partner_id, i.sbi_id, b.sbi_version, b.status as sbi_status, i.file_name, i.content,
			btrim(u.first_name || ' ' || u.last_name) as created_by_name, i.created_at, i.imported_at, i.devices
		from device_imports i join sbis b on b.id = i.sbi_id join users u on u.id = i.created_by
		where i.id = @id and i.partner_id = @partner`, pg.Args{"id": iid, "partner": scope.Partner})
}

// Preview is a file of the actor's own partner with each line's findings, as things
// stand now. It needs a scope of one partner; problem.ErrNotFound for any other
// file.
func (s *Service) Preview(ctx context.Context, a authz.Actor, iid id.DeviceImport) (Preview, error) {
	q := s.db.Read()
	i, err := importByID(ctx, q, own(a), iid)
	if err != nil || i.ImportedAt != nil {
		return Preview{Import: i}, err
	}
	p := Preview{Import: i}
	x, err := examine(ctx, q, i.PartnerID, []byte(i.Content))
	if err != nil {
		return Preview{}, err
	}
	count := map[int]int{}
	for _, f := range x.Findings {
		count[f.Line]++
	}
	for _, l := range x.Lines {
		p.Lines = append(p.Lines, PreviewLine{l, count[l.Number]})
	}
	p.Findings, p.Good = x.Findings, len(x.Models)
	if p.Room, err = s.room(ctx, q, i.PartnerID); err != nil {
		return Preview{}, err
	}
	p.Halt, err = s.haltOf(ctx, q, i.SBIID)
	return p, err
}

// haltOf is why no device can be registered for an SBI now.
func (s *Service) haltOf(ctx context.Context, q pg.Querier, sid id.SBI) (why, err error) {
	d, err := pg.One[struct {
		Organisation  string
		PartnerStatus string
		SBIVersion    string
		SBIStatus     approval.Status
		SBIExpiresOn  time.Time
	}](ctx, q, `select p.organisation, p.status as partner_status, b.sbi_version, b.status as sbi_status, b.expires_on as sbi_expires_on
		from sbis b join partners p on p.id = b.partner_id where b.id = @id`, pg.Args{"id": sid})
	if err != nil {
		return nil, err
	}
	return Device{
		Organisation: d.Organisation, PartnerStatus: d.PartnerStatus, SBIVersion: d.SBIVersion, SBIStatus: d.SBIStatus, SBIExpiresOn: d.SBIExpiresOn,
	}.Halt(s.Today()), nil
}

// FindingsError tells that a file has findings that its page did not show: things
// changed since. It is an ErrConflict, and nothing was registered.
type FindingsError struct{ Count int }

func (e *FindingsError) Error() string { return strconv.Itoa(e.Count) + " findings" }

// Is makes every FindingsError an ErrConflict.
func (e *FindingsError) Is(target error) bool { return target == problem.ErrConflict }

// Take registers all devices of a file that the actor looked at, or none: print is
// the Import.Print that its page showed. Every line is examined again in the
// transaction. It mails every Partner Admin once, and forgets the text.
//
// It needs authz.DeviceSend and reaches the own partner's files. Errors:
// problem.ErrNotFound; *FindingsError when a line cannot be registered (any more);
// a *problem.ConflictError when the file was replaced, the SBI does not count any
// more, or at the limit of devices (security.md LIM-4). A second click is no error.
func (s *Service) Take(ctx context.Context, a authz.Actor, iid id.DeviceImport, print string) error {
	err := s.db.Change(ctx, a, authz.DeviceSend, func(tx *pg.Tx) (audit.Event, error) {
		if err := holdPartner(ctx, tx, a.Partner); err != nil {
			return audit.Event{}, err
		}
		i, err := importByID(ctx, tx, own(a), iid)
		switch {
		case err != nil:
			return audit.Event{}, err
		case i.ImportedAt != nil:
			return audit.Event{}, approval.ErrReplayed
		case i.Print() != print:
			return audit.Event{}, &problem.ConflictError{Key: "device.conflict.replaced", Args: []any{"When", i.CreatedAt}}
		}
		b, err := sbi.Hold(ctx, tx, own(a), i.SBIID, "for share")
		if err != nil {
			return audit.Event{}, err
		}
		if why, err := s.haltOf(ctx, tx, b.ID); why != nil || err != nil {
			return audit.Event{}, errors.Join(why, err)
		}
		return s.take(ctx, tx, a, i, b)
	})
	return change("take file of devices", err)
}

func (s *Service) take(ctx context.Context, tx *pg.Tx, a authz.Actor, i Import, b sbi.SBI) (audit.Event, error) {
	x, err := examine(ctx, tx, i.PartnerID, []byte(i.Content))
	if err != nil {
		return audit.Event{}, err
	}
	if len(x.Findings) > 0 || len(x.Models) == 0 {
		return audit.Event{}, &FindingsError{Count: len(x.Findings)}
	}
	if err := s.roomFor(ctx, tx, i.PartnerID, len(x.Models)); err != nil {
		return audit.Event{}, err
	}
	news := approval.News{Organisation: b.Organisation, Path: "/devices"}
	for n := range x.Models {
		x.Models[n].ID = id.New[id.Device]()
		news.Names = append(news.Names, x.Models[n].name())
	}
	if err := insert(ctx, tx, a, b, &i.ID, x.Models); err != nil {
		return audit.Event{}, err
	}
	// The import's own lock: whoever replaces it at this moment waits, and then finds it taken.
	err = pg.Exec1(ctx, tx, `update device_imports set imported_at = @now, devices = @n, content = '' where id = @id and imported_at is null`,
		pg.Args{"id": i.ID, "n": len(x.Models), "now": tx.Now()})
	if err != nil {
		return audit.Event{}, err
	}
	detail := audit.Diff(nil, "file", "", i.FileName)
	return fileEvent(audit.DevicesImported, b, audit.Diff(detail, "devices", "", strconv.Itoa(len(x.Models)))), Things.TellStaff(ctx, tx, news)
}

// Files are the files of the actor's own partner that are not taken, newest first,
// without their texts.
func (s *Service) Files(ctx context.Context, a authz.Actor) ([]Import, error) {
	return pg.All[Import](ctx, s.db.Read(), `
		select i.id, i.partner_id, i.sbi_id, b.sbi_version, b.status as sbi_status, i.file_name, '' as content,
			btrim(u.first_name || ' ' || u.last_name) as created_by_name, i.created_at, i.imported_at, i.devices
		from device_imports i join sbis b on b.id = i.sbi_id join users u on u.id = i.created_by
		where i.partner_id = @partner and i.imported_at is null order by i.created_at desc, i.id desc limit @max`,
		pg.Args{"partner": a.Partner, "max": maxFiles})
}

// Purge forgets files that were not taken for some days.
func Purge(ctx context.Context, db *pg.DB) error {
	return db.Housekeep(ctx, "purge files of devices", func(tx *pg.Tx) error {
		_, err := tx.Exec(ctx, `delete from device_imports where imported_at is null and created_at < @before`, pg.Args{"before": tx.Now().Add(-keepFor)})
		return err
	})
}
