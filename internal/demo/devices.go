package demo

import (
	"context"
	"strings"
	"time"

	"portal/internal/approval"
	"portal/internal/authz"
	"portal/internal/device"
	"portal/internal/id"
	"portal/internal/sbi"
)

// hardware is a provider's device software, and its devices in every state.
func (l *loader) hardware(ctx context.Context) {
	mei := l.owner(ctx, "camera@demo.test")
	first, second := l.software(ctx, mei, "1.4.0", 'a', 2), l.software(ctx, mei, "2.0.1", 'b', 4)
	l.working(ctx, mei, first, "Finger", "Slap", "FX-400")
	l.working(ctx, mei, first, "Finger", "Single", "FX-100")
	sold := l.working(ctx, mei, first, "Finger", "Single", "FX-90")
	l.do(func() error {
		return l.app.Devices.Deactivate(ctx, mei, sold, 2, "The model is not sold any more; all readers were collected.")
	})
	wrong := l.device(ctx, mei, second, "Iris", "Single", "Iris cam 2")
	l.do(func() error {
		r, err := device.Things.RequestChanges([]approval.Line{{Field: device.FieldModel, Message: "Please write the model as it stands on the label."}}, "")
		if err != nil {
			return err
		}
		return l.app.Devices.Decide(ctx, l.admin, wrong, 1, r)
	})
	refused := l.device(ctx, mei, second, "Face", "Full face", "Mirror")
	l.do(func() error {
		r, err := approval.Reject("The device does not run the SBI that it is registered for.")
		if err != nil {
			return err
		}
		return l.app.Devices.Decide(ctx, l.admin, refused, 1, r)
	})
	dropped := l.device(ctx, mei, second, "Finger", "Touchless", "Air 1")
	l.do(func() error { return l.app.Devices.Withdraw(ctx, mei, dropped, 1) })
	l.device(ctx, mei, second, "Finger", "Touchless", "Air 2")
	l.device(ctx, mei, second, "Iris", "Double", "Iris duo")
	l.recalled(ctx, mei)
	l.files(ctx, mei, second)
}

// recalled is an SBI that was deactivated with its device.
func (l *loader) recalled(ctx context.Context, a authz.Actor) {
	old := l.software(ctx, a, "0.9.2", 'c', 1)
	l.working(ctx, a, old, "Finger", "Slap", "FX-300")
	l.do(func() error {
		return l.app.Devices.DeactivateSBI(ctx, l.admin, old, 3, "A fault in the liveness check was reported and confirmed.")
	})
}

// files are one that was registered, and one that has something to correct.
func (l *loader) files(ctx context.Context, a authz.Actor, sid id.SBI) {
	const head = "type,sub_type,make,model\n"
	for i, content := range []string{
		head + "Finger,Slap,Lumen,FX-410\nFinger,Slap,Lumen,FX-420\nFinger,Single,Lumen,FX-110\n",
		head + "Finger,Slap,Lumen,FX-500\nFingr,Slap,Lumen,FX-510\nIris,Slap,Lumen,Iris cam 3\nFinger,Slap,Lumen,FX-410\nFinger,Slap,Lumen,\n",
	} {
		iid := id.New[id.DeviceImport]()
		l.do(func() error {
			return l.app.Devices.Upload(ctx, a, device.NewFile{ID: iid, SBI: sid, Name: "readers-2026.csv", Content: []byte(content)})
		})
		if i == 0 {
			l.do(func() error {
				p, err := l.app.Devices.Preview(ctx, a, iid)
				if err != nil {
					return err
				}
				return l.app.Devices.Take(ctx, a, iid, p.Print())
			})
		}
	}
}

// software is an approved SBI that counts for some years.
func (l *loader) software(ctx context.Context, a authz.Actor, version string, digit rune, years int) id.SBI {
	sid, today := id.New[id.SBI](), l.app.SBIs.Today()
	l.do(func() error {
		return l.app.SBIs.Register(ctx, a, sbi.Input{
			ID: sid, Version: version, Hash: strings.Repeat(string(digit), 64),
			CreatedOn: today.AddDate(0, -2, 0).Format(time.DateOnly), ExpiresOn: today.AddDate(years, 0, 0).Format(time.DateOnly),
		})
	})
	l.do(func() error { return l.app.SBIs.Send(ctx, a, sid, 1) })
	l.do(func() error { return l.app.SBIs.Approve(ctx, l.admin, sid, 2) })
	return sid
}

// device is one that waits.
func (l *loader) device(ctx context.Context, a authz.Actor, sid id.SBI, typeCode, subTypeCode, model string) id.Device {
	did := id.New[id.Device]()
	l.do(func() error {
		types, err := l.app.DeviceTypes.All(ctx)
		if err != nil {
			return err
		}
		t, s, _ := types.Find(typeCode, subTypeCode)
		return l.app.Devices.Register(ctx, a, device.Input{ID: did, SBI: sid, Kind: device.KindValue(t.ID, s.ID), Make: "Lumen", Model: model})
	})
	return did
}

// working is an approved device.
func (l *loader) working(ctx context.Context, a authz.Actor, sid id.SBI, typeCode, subTypeCode, model string) id.Device {
	did := l.device(ctx, a, sid, typeCode, subTypeCode, model)
	l.do(func() error { return l.app.Devices.Decide(ctx, l.admin, did, 1, approval.Approve()) })
	return did
}
