package device

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"portal/internal/devicetype"
	"portal/internal/guess"
	"portal/internal/id"
	"portal/internal/pg"
	"portal/internal/problem"
)

// examined is a file of devices with what it means today.
type examined struct {
	Lines    []Line
	Models   []model   // of the lines without a finding, in their order; without ids
	Findings []Finding // in the order of the file
	numbers  []int     // of the lines of Models
}

// examine holds every line of a file against the types in use, the other lines and
// the provider's devices (domain.md §3.7). q may be a transaction that keeps the
// provider's devices as they are.
func examine(ctx context.Context, q pg.Querier, pid id.Partner, content []byte) (examined, error) {
	read, err := readCSV(content)
	if err != nil {
		return examined{}, err
	}
	types, err := devicetype.Load(ctx, q)
	if err != nil {
		return examined{}, err
	}
	x := examined{Lines: read.Lines, Findings: read.Findings}
	g := guesser{types: types.Usable(), known: map[string]string{}}
	for _, l := range read.Lines {
		if l.broken {
			continue
		}
		m, wrong := g.judge(l)
		if len(wrong) > 0 {
			x.Findings = append(x.Findings, wrong...)
			continue
		}
		x.Models, x.numbers = append(x.Models, m), append(x.numbers, l.Number)
	}
	if err := x.compare(ctx, q, pid); err != nil {
		return examined{}, err
	}
	slices.SortStableFunc(x.Findings, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
	return x, nil
}

// compare finds the models that stand in the file twice, and those that are
// registered. The database compares, so that it and its constraint agree on what
// is the same.
func (x *examined) compare(ctx context.Context, q pg.Querier, pid id.Partner) error {
	n := len(x.Models)
	types, subs, makes, names := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	for i, m := range x.Models {
		types[i], subs[i], makes[i], names[i] = m.Type.String(), m.SubType.String(), m.Make, m.Model
	}
	taken, err := pg.All[struct {
		Line, First int
		Device      *id.Device
	}](ctx, q, `
		select x.line, x.first, x.device from (
			select l.line, d.id as device,
				min(l.line) over (partition by l.type, l.sub, lower(l.make), lower(l.model)) as first
			from unnest(@lines::integer[], @types::uuid[], @subs::uuid[], @makes::text[], @models::text[]) as l (line, type, sub, make, model)
			left join devices d on d.partner_id = @partner and d.type_id = l.type and d.sub_type_id = l.sub
				and lower(d.make) = lower(l.make) and lower(d.model) = lower(l.model) and `+live+`) as x
		where x.device is not null or x.first <> x.line`,
		pg.Args{"partner": pid, "lines": x.numbers, "types": types, "subs": subs, "makes": makes, "models": names})
	if err != nil || len(taken) == 0 {
		return err
	}
	out := map[int]bool{}
	for _, t := range taken {
		out[t.Line] = true
		f := Finding{Line: t.Line, Column: FieldModel, Key: "device.finding.twice", Args: []any{"Line", t.First}}
		if t.Device != nil {
			f.Key, f.Args, f.Device = "device.finding.registered", nil, &RegisteredError{ID: *t.Device}
		}
		f.Value = x.Models[slices.Index(x.numbers, t.Line)].name()
		x.Findings = append(x.Findings, f)
	}
	kept := examined{}
	for i, m := range x.Models {
		if !out[x.numbers[i]] {
			kept.Models, kept.numbers = append(kept.Models, m), append(kept.numbers, x.numbers[i])
		}
	}
	x.Models, x.numbers = kept.Models, kept.numbers
	return nil
}

// guesser judges lines, and remembers what it has guessed of a wrong code: a file
// repeats them.
type guesser struct {
	types devicetype.Types
	known map[string]string
}

// judge is the model that a line means, or what is wrong with it.
func (g guesser) judge(l Line) (model, []Finding) {
	var m model
	var wrong []Finding
	find := func(column, key string, args ...any) {
		wrong = append(wrong, Finding{Line: l.Number, Column: column, Value: short(strings.TrimSpace(l.Value(column))), Key: "device.finding." + key, Args: args})
	}
	t, s := strings.TrimSpace(l.Value("type")), strings.TrimSpace(l.Value("sub_type"))
	if of, sub, ok := g.types.Find(t, s); ok {
		m.Type, m.SubType, m.Kind = of.ID, sub.ID, kindOf(of.Code, sub.Code)
	} else {
		g.wrongType(t, s, find)
	}
	var f problem.Fields
	m.Make = f.Line(FieldMake, l.Value(FieldMake), MaxName, true)
	m.Model = f.Line(FieldModel, l.Value(FieldModel), MaxName, true)
	for _, x := range findings(f.Err()) {
		find(x.Name, strings.TrimPrefix(x.Key, "problem."), x.Args...)
	}
	return m, wrong
}

func findings(err error) []problem.Field {
	var f problem.Fields
	if !f.AddError(err) {
		return nil
	}
	return err.(*problem.InvalidError).Fields //nolint:errorlint // it is one as it stands: see above
}

// wrongType says whether the type or the sub-type is not known, and what was meant.
func (g guesser) wrongType(t, s string, find func(column, key string, args ...any)) {
	var codes []string
	for _, of := range g.types {
		if !strings.EqualFold(of.Code, t) {
			codes = append(codes, of.Code)
			continue
		}
		codes = codes[:0]
		for _, sub := range of.SubTypes {
			codes = append(codes, sub.Code)
		}
		switch meant := g.guess(of.Code, s, codes); {
		case s == "":
			find("sub_type", "required")
		case meant != "":
			find("sub_type", "sub_type_meant", "Type", of.Code, "Meant", meant)
		default:
			find("sub_type", "sub_type", "Type", of.Code, "Codes", strings.Join(codes, ", "))
		}
		return
	}
	switch meant := g.guess("", t, codes); {
	case t == "":
		find("type", "required")
	case meant != "":
		find("type", "type_meant", "Meant", meant)
	default:
		find("type", "type", "Codes", strings.Join(codes, ", "))
	}
}

// guess is the code that a wrong one was most likely meant to be, "" for none.
func (g guesser) guess(of, wrong string, codes []string) string {
	key := of + "\x00" + wrong
	meant, ok := g.known[key]
	if !ok {
		meant, _ = guess.Nearest(wrong, codes, guess.Fold)
		g.known[key] = meant
	}
	return meant
}
