package wizard

import (
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
)

// listStep is the menu of a list of objects: to change one, to take one out,
// to add one.
func (d *Draft) listStep(p part, path string, f *schema.Field) step {
	items, _ := d.effective(path).([]any)
	noun := singular(words(f.Name))
	m := &menu{help: f.Doc}
	goOn := fmt.Sprintf("Go on with %s", counted(len(items), inText(noun)))
	if len(items) > 0 || !f.Required {
		m.choices = append(m.choices, choice{value: "go on", label: goOn})
	}
	for i, item := range items {
		at := fmt.Sprintf("%s[%d]", path, i)
		name, title := label(f.Item, item), noun+" "+itemName(f.Item, item, i)
		one := part{title: title, path: at, field: f.Item}
		m.choices = append(m.choices, choice{
			value: "edit " + itemName(f.Item, item, i), label: "Edit " + name,
			do: func(w *Wizard) { w.enter(frame{build: w.itemFirst(one)}) },
		})
		if _, more := d.asked(one); len(more) > 0 {
			m.choices = append(m.choices, choice{
				value: "more " + itemName(f.Item, item, i), label: "More of " + itemName(f.Item, item, i) + ": " + titles(more),
				do: func(w *Wizard) { w.enter(frame{build: w.itemMore(one)}) },
			})
		}
		m.choices = append(m.choices, choice{
			value: "remove " + itemName(f.Item, item, i), label: "Remove " + itemName(f.Item, item, i),
			do: func(w *Wizard) { w.refuse(w.draft.removeItem(path, i)) },
		})
	}
	m.choices = append(m.choices, choice{value: "add", label: "Add a " + inText(noun), do: func(w *Wizard) {
		at := fmt.Sprintf("%s[%d]", path, len(items))
		if w.refuse(w.draft.addItem(path, len(items))); w.failed != nil {
			return
		}
		one := part{title: "New " + inText(noun), path: at, field: f.Item}
		w.enter(frame{build: w.itemFirst(one), abandon: func(w *Wizard) { w.refuse(w.draft.removeItem(path, len(items))) }})
	}})
	title := words(f.Name)
	if p.path != "" && p.path != path {
		title = words(below(p.path, path)...)
	}
	return step{id: path, section: p.title, title: title, path: path, field: f, menu: m}
}

// itemFirst and itemMore are the questions about one item.
func (w *Wizard) itemFirst(one part) func() []step {
	return func() []step { first, _ := w.draft.asked(one); return first }
}

func (w *Wizard) itemMore(one part) func() []step {
	return func() []step { _, more := w.draft.asked(one); return more }
}

// writeOut puts a list that is left to its default into the document, so that
// an item of it can be changed.
func (d *Draft) writeOut(path string) error {
	if _, found, err := d.document.Get(path); found || err != nil {
		return err
	}
	items, _ := d.effective(path).([]any)
	f := d.schema.Find(path)
	for i, item := range items {
		object, _ := item.(map[string]any)
		for _, inner := range f.Item.Fields {
			if !inner.Required {
				continue
			}
			if err := d.set(fmt.Sprintf("%s[%d].%s", path, i, inner.Name), object[inner.Name]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (d *Draft) removeItem(path string, i int) error {
	if err := d.writeOut(path); err != nil {
		return err
	}
	return d.unset(fmt.Sprintf("%s[%d]", path, i))
}

func (d *Draft) addItem(path string, i int) error {
	if err := d.writeOut(path); err != nil {
		return err
	}
	return d.set(fmt.Sprintf("%s[%d]", path, i), map[string]any{})
}

// itemName is what an item is called in a menu.
func itemName(f *schema.Field, item any, i int) string {
	object, _ := item.(map[string]any)
	for _, inner := range f.Fields {
		if value, there := object[inner.Name]; there && inner.Required && scalar(value) && value != "" {
			return show(value)
		}
	}
	return fmt.Sprint(i + 1)
}

// titles are those of steps, as many as a line can hold.
func titles(steps []step) string {
	const room = 40
	var out []string
	width := 0
	for _, s := range steps {
		if width += len(s.title) + 2; width > room {
			out = append(out, "…")
			break
		}
		out = append(out, inText(s.title))
	}
	return strings.Join(out, ", ")
}

func singular(plural string) string {
	return strings.TrimSuffix(plural, "s")
}

func counted(n int, noun string) string {
	switch n {
	case 0:
		return "no " + noun
	case 1:
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
