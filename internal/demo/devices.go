package demo

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/device"
	"portal/internal/id"
	"portal/internal/partner"
	"portal/internal/pg"
	"portal/internal/sbi"
)

// hardware is what two Device Providers register: SBIs and devices in every state
// that does not need time to pass, enough of them for several pages, a file with
// findings, and models and a binary that both of them claim.
func (l *loader) hardware(ctx context.Context) {
	l.partner(ctx, partner.Answers{
		Type: authz.DeviceProvider, Organisation: "Nordic Scanners", PublicID: "Nordic-Scanners", Email: "scanner@demo.test", FirstName: "Astrid", LastName: "Lund",
		Purpose: "Supply readers for branch offices.", Lang: "en", Address: "21 Station Street\nPort City", Phone: "+999 12 345 679",
	}, func(p partner.Partner) error { return l.app.Partners.Approve(ctx, l.admin, p.ID, p.Version) })
	mei, astrid := l.owner(ctx, "camera@demo.test"), l.owner(ctx, "scanner@demo.test")

	old := l.approvedSBI(ctx, mei, sbiOf("1.8.0", "lumen 1.8.0", 700))
	l.approveAll(ctx, old, l.device(ctx, mei, old, "Finger/Single", "Lumen", "LR-80"), l.device(ctx, mei, old, "Finger/Slap", "Lumen", "LR-84"))
	l.withSBI(ctx, mei, old, func(version int) error {
		return l.app.Devices.DeactivateSBI(ctx, mei, old, version, "Its encryption library is no longer maintained. Use version 2.4.1.")
	})
	soon := l.approvedSBI(ctx, mei, sbiOf("2.3.0", "lumen 2.3.0", 21))
	l.approveAll(ctx, soon, l.device(ctx, mei, soon, "Iris/Double", "Lumen", "LI-20"), l.device(ctx, mei, soon, "Iris/Single", "Lumen", "LI-10"))
	now := l.approvedSBI(ctx, mei, sbiOf("2.4.1", "lumen 2.4.1", 730))
	l.sbiStates(ctx, mei, now)
	l.devicesByFile(ctx, mei, now)
	l.deviceStates(ctx, mei, now)
	l.fileWithFindings(ctx, mei, now)

	theirs := l.approvedSBI(ctx, astrid, sbiOf("NS-7", "lumen 2.4.1", 400))
	l.approveAll(ctx, theirs, l.device(ctx, astrid, theirs, "Finger/Slap", "Nordic", "N4"))
	l.device(ctx, astrid, theirs, "Finger/Slap", "Lumen", "LS-100")
	l.device(ctx, astrid, theirs, "Iris/Double", "Lumen", "LI-20")
}

// sbiOf is a version of a binary; days is how long it counts from today.
func sbiOf(version, binary string, days int) func(today time.Time) sbi.Input {
	return func(today time.Time) sbi.Input {
		sum := sha256.Sum256([]byte(binary))
		return sbi.Input{
			ID: id.New[id.SBI](), Version: version, Hash: hex.EncodeToString(sum[:]),
			CreatedOn: today.AddDate(0, -2, 0).Format(time.DateOnly), ExpiresOn: today.AddDate(0, 0, days).Format(time.DateOnly),
		}
	}
}

// registerSBI is a draft.
func (l *loader) registerSBI(ctx context.Context, a authz.Actor, of func(time.Time) sbi.Input, from id.SBI) id.SBI {
	in := of(l.app.SBIs.Today())
	in.MadeFrom = from
	l.do(func() error { return l.app.SBIs.Register(ctx, a, in) })
	return in.ID
}

// withSBI does something with an SBI as it stands for somebody who may see it.
func (l *loader) withSBI(ctx context.Context, a authz.Actor, sid id.SBI, what func(version int) error) {
	l.do(func() error {
		x, err := l.app.SBIs.SBI(ctx, a.Scope(), sid)
		if err != nil {
			return err
		}
		return what(x.Version)
	})
}

// sentSBI waits for a decision.
func (l *loader) sentSBI(ctx context.Context, a authz.Actor, of func(time.Time) sbi.Input, from id.SBI) id.SBI {
	sid := l.registerSBI(ctx, a, of, from)
	l.withSBI(ctx, a, sid, func(version int) error { return l.app.SBIs.Send(ctx, a, sid, version) })
	return sid
}

func (l *loader) approvedSBI(ctx context.Context, a authz.Actor, of func(time.Time) sbi.Input) id.SBI {
	sid := l.sentSBI(ctx, a, of, id.SBI{})
	l.withSBI(ctx, l.admin, sid, func(version int) error { return l.app.SBIs.Approve(ctx, l.admin, sid, version) })
	return sid
}

// sbiStates are SBIs that are not approved.
func (l *loader) sbiStates(ctx context.Context, a authz.Actor, now id.SBI) {
	l.sentSBI(ctx, a, sbiOf("2.5.0", "lumen 2.5.0", 730), now)
	asked := l.sentSBI(ctx, a, sbiOf("2.4.1-field", "lumen 2.4.1 field", 180), now)
	l.withSBI(ctx, l.admin, asked, func(version int) error {
		return l.app.SBIs.RequestChanges(ctx, l.admin, asked, version, []approval.Line{
			{Field: sbi.FieldVersion, Message: "Is this a release, or a build for one field trial? Please give it a number of its own."},
			{Field: sbi.FieldExpiresOn, Message: "Half a year is too short for devices in enrolment centres."},
		}, "")
	})
	refused := l.sentSBI(ctx, a, sbiOf("2.2.0-debug", "lumen 2.2.0 debug", 365), id.SBI{})
	l.withSBI(ctx, l.admin, refused, func(version int) error {
		return l.app.SBIs.Reject(ctx, l.admin, refused, version, "A debug build writes images to the disk. Send the release build.")
	})
	dropped := l.sentSBI(ctx, a, sbiOf("2.2.1", "lumen 2.2.1", 365), id.SBI{})
	l.withSBI(ctx, a, dropped, func(version int) error { return l.app.SBIs.Withdraw(ctx, a, dropped, version) })
	l.registerSBI(ctx, a, sbiOf("3.0.0", "lumen 3.0.0", 1000), now)
}

// device waits for a decision; kind is "type/sub-type".
func (l *loader) device(ctx context.Context, a authz.Actor, on id.SBI, kind, brand, model string) id.Device {
	did := id.New[id.Device]()
	l.do(func() error {
		types, err := l.app.DeviceTypes.All(ctx)
		if err != nil {
			return err
		}
		typeCode, subCode, _ := strings.Cut(kind, "/")
		t, s, ok := types.Find(typeCode, subCode)
		if !ok {
			return fmt.Errorf("no type of devices %s", kind)
		}
		return l.app.Devices.Register(ctx, a, device.Input{ID: did, SBI: on, Kind: device.KindValue(t.ID, s.ID), Make: brand, Model: model})
	})
	return did
}

// withDevice does something with a device as it stands.
func (l *loader) withDevice(ctx context.Context, did id.Device, what func(version int) error) {
	l.do(func() error {
		d, err := l.app.Devices.Device(ctx, l.admin.Scope(), did)
		if err != nil {
			return err
		}
		return what(d.Version)
	})
}

// approveAll approves all devices of an SBI that wait; the ids say that there are
// some.
func (l *loader) approveAll(ctx context.Context, on id.SBI, _ ...id.Device) {
	l.do(func() error {
		out, err := l.app.Devices.DecideAllOf(ctx, l.admin, on, l.app.DB.Now(), approval.Approve())
		for _, o := range out {
			if err == nil {
				err = o.Err
			}
		}
		return err
	})
}

// devicesByFile are many devices that came as a file and were approved together,
// and a few that came later.
func (l *loader) devicesByFile(ctx context.Context, a authz.Actor, on id.SBI) {
	rows := []string{"type,sub_type,make,model"}
	for i := range 48 {
		kind := []string{"Finger,Slap", "Finger,Single", "Iris,Double", "Face,Full face"}[i%4]
		rows = append(rows, fmt.Sprintf("%s,Lumen,%s-%d", kind, []string{"LS", "LR", "LI", "LF"}[i%4], 100+i/4*10))
	}
	iid := l.file(ctx, a, on, "lumen-range.csv", rows)
	l.do(func() error {
		p, err := l.app.Devices.Preview(ctx, a, iid)
		if err != nil {
			return err
		}
		return l.app.Devices.Take(ctx, a, iid, p.Print())
	})
	l.approveAll(ctx, on)
	for i := range 6 {
		l.device(ctx, a, on, "Finger/Touchless", "Lumen", fmt.Sprintf("LT-%d", 100+10*i))
	}
}

// file is one that was sent and not taken.
func (l *loader) file(ctx context.Context, a authz.Actor, on id.SBI, name string, rows []string) id.DeviceImport {
	iid := id.New[id.DeviceImport]()
	l.do(func() error {
		return l.app.Devices.Upload(ctx, a, device.NewFile{ID: iid, SBI: on, Name: name, Content: []byte(strings.Join(rows, "\r\n") + "\r\n")})
	})
	return iid
}

// fileWithFindings waits for somebody to correct it.
func (l *loader) fileWithFindings(ctx context.Context, a authz.Actor, on id.SBI) {
	l.file(ctx, a, on, "lumen-spring.csv", []string{
		"type,sub_type,make,model", "Finger,Slap,Lumen,LS-300", "Finger,Double,Lumen,LS-310", "Iris,Double,Lumen,LI-100",
		"Face,Full face,,LF-300", "Finger,Slap,Lumen,ls-300",
	})
}

// deviceStates are devices that were not simply approved.
func (l *loader) deviceStates(ctx context.Context, a authz.Actor, on id.SBI) {
	asked := l.device(ctx, a, on, "Face/Full face", "Lumen", "LF-Mini")
	l.withDevice(ctx, asked, func(version int) error {
		r, err := device.Things.RequestChanges([]approval.Line{{Field: device.FieldModel, Message: "The data sheet calls it LF-90. Which of the two is on the device?"}}, "")
		if err != nil {
			return err
		}
		return l.app.Devices.Decide(ctx, l.admin, asked, version, r)
	})
	refused := l.device(ctx, a, on, "Iris/Single", "Lumen", "LI-Proto")
	l.withDevice(ctx, refused, func(version int) error {
		r, err := approval.Reject("A prototype is not for sale. Register the model that customers get.")
		if err != nil {
			return err
		}
		return l.app.Devices.Decide(ctx, l.admin, refused, version, r)
	})
	dropped := l.device(ctx, a, on, "Iris/Single", "Lumen", "LI-11")
	l.withDevice(ctx, dropped, func(version int) error { return l.app.Devices.Withdraw(ctx, a, dropped, version) })
	var ended id.Device
	l.do(func() (err error) {
		ended, err = pg.Value[id.Device](ctx, l.app.DB.Read(), `select id from devices where sbi_id = @sbi and model = 'LR-210'`, pg.Args{"sbi": on})
		return err
	})
	l.withDevice(ctx, ended, func(version int) error {
		return l.app.Devices.Deactivate(ctx, a, ended, version, "The model is no longer made.")
	})
}
