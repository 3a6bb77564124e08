package config

import "testing"

func TestDescribe_NamesTheSchemaOnceAndLeavesTheRest(t *testing.T) {
	for name, test := range map[string]struct{ file, before, want string }{
		"json":             {"c.json", "{\n  \"kind\": \"Cluster\",\n  \"spec\": { \"target\": \"local\" }\n}\n", "{\n  \"$schema\": \"u\",\n  \"kind\": \"Cluster\",\n  \"spec\": { \"target\": \"local\" }\n}\n"},
		"json on one line": {"c.json", "{ \"kind\": \"Cluster\" }\n", "{ \"$schema\": \"u\", \"kind\": \"Cluster\" }\n"},
		"its own":          {"c.json", "{\n  \"$schema\": \"mine\"\n}\n", "{\n  \"$schema\": \"mine\"\n}\n"},
		"yaml":             {"c.yaml", "# Ours.\nkind: Cluster # short\n", "# yaml-language-server: $schema=u\n# Ours.\nkind: Cluster # short\n"},
		"yaml's own":       {"c.yaml", "# yaml-language-server: $schema=mine\nkind: Cluster\n", "# yaml-language-server: $schema=mine\nkind: Cluster\n"},
		"yaml's own field": {"c.yaml", "$schema: mine\nkind: Cluster\n", "$schema: mine\nkind: Cluster\n"},
	} {
		d, err := ParseDocument(test.file, []byte(test.before))
		if err != nil {
			t.Fatal(err)
		}
		d.Describe("u")
		d.Describe("u")
		got, err := d.Bytes()
		if err != nil || string(got) != test.want {
			t.Errorf("%s: %v, got\n%s\nwant\n%s", name, err, got, test.want)
		}
	}
}
