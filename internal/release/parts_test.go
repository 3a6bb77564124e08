package release

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"debug/buildinfo"
	"encoding/json"
	"encoding/pem"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/nacl/secretbox"
	"golang.org/x/crypto/scrypt"
)

func TestSection_IsThatOfTheVersion(t *testing.T) {
	text := "# Changelog\n\n## Unreleased\n\nnew\n\n## [v1.1.0] - 2026-01-02\n\n### Added\n- one\n\n## v1.0.0\n- zero\n"
	for version, want := range map[string]string{
		"v1.1.0": "### Added\n- one", "v1.0.0": "- zero", "v1.2.0-rc.1": "new", "v1.2.0": "",
	} {
		got, err := Section(text, version)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("of %s it is %q, %v", version, got, err)
		}
	}
}

func TestBudget_NamesWhatIsTooLarge(t *testing.T) {
	b := Budget{Release: "v1", Growth: 10, Artefacts: map[string]Size{
		"fits": {Last: 100, Most: 200}, "grew": {Last: 100, Most: 200}, "large": {Most: 200},
	}}
	lines, err := b.Check([]Artefact{{Kind: "fits", Size: 110}, {Kind: "grew", Size: 111}, {Kind: "large", Size: 201}, {Kind: "new", Size: 1}})
	if err == nil || len(lines) != 4 || !strings.Contains(lines[0], "+10.0 % since v1") {
		t.Fatalf("it said %q, %v", lines, err)
	}
	for _, want := range []string{"grew has 111 bytes, 11.0 % more than in v1", "large has 201 bytes, 1 over", "new has 1 bytes, and no budget"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("it lacks %q: %v", want, err)
		}
	}
	if strings.Contains(err.Error(), "fits") {
		t.Errorf("what fits is refused: %v", err)
	}
}

func TestSizes_HaveABudgetForAllThatIsReleased(t *testing.T) {
	text, err := os.ReadFile("sizes.json")
	if err != nil {
		t.Fatal(err)
	}
	b, err := ParseBudget(text)
	if err != nil {
		t.Fatal(err)
	}
	kinds := []string{"bootstrap.oci.tar"}
	for _, p := range Platforms() {
		kinds = append(kinds, strings.Replace(p.archive("kubectl-anywhere", "v0.0.0"), "_v0.0.0", "", 1))
	}
	for _, kind := range kinds {
		if b.Artefacts[kind].Most <= 0 || b.Artefacts[kind].Most < b.Artefacts[kind].Last {
			t.Errorf("the budget of %s is %+v", kind, b.Artefacts[kind])
		}
	}
	if len(b.Artefacts) != len(kinds) || b.Growth <= 0 || b.Release == "" {
		t.Errorf("it is %+v; there is %q", b, kinds)
	}
}

// The manifest of the clone is the one that this package writes: of a release,
// or that of none.
func TestManifest_OfTheCloneIsWrittenHere(t *testing.T) {
	text, err := os.ReadFile("../../" + ManifestFile)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Unreleased("kubectl-anywhere")
	if err != nil {
		t.Fatal(err)
	}
	if string(text) == string(want) {
		return
	}
	version, checksums := "", map[Platform]string{}
	for line := range strings.Lines(string(text)) {
		if found, ok := strings.CutPrefix(strings.TrimSpace(line), "version: "); ok {
			version = found
		}
		if found, ok := strings.CutPrefix(strings.TrimSpace(line), "sha256: "); ok {
			checksums[Platforms()[min(len(checksums), len(Platforms())-1)]] = strings.Trim(found, `"`)
		}
	}
	want, err = Manifest("kubectl-anywhere", version, checksums)
	if err != nil || string(text) != string(want) {
		t.Errorf("plugin.yaml is not what a release writes, but:\n%s\nwant:\n%s\n%v", text, want, err)
	}
}

func TestBill_HasEveryModuleWithItsSum(t *testing.T) {
	info, err := buildinfo.ReadFile(withModule(t))
	if err != nil {
		t.Fatal(err)
	}
	b := billOf(info).merged()
	i := slices.IndexFunc(b, func(p part) bool { return p.Name == "golang.org/x/term" })
	if i < 0 || len(b[i].Hashes) != 1 || len(b[i].Hashes[0].Content) != 64 || !strings.HasPrefix(b[i].PURL, "pkg:golang/golang.org/x/term@v0.") {
		t.Fatalf("golang.org/x/term is %d of %+v", i, b)
	}
	if i := slices.IndexFunc(b, func(p part) bool { return p.Name == "std" }); i < 0 || b[i].Version == "" || strings.HasPrefix(b[i].Version, "go") {
		t.Errorf("Go's library is %d of them", i)
	}
	if len(b) != len(info.Deps)+1 || len(b) != 3 {
		t.Errorf("there are %d parts of %d modules", len(b), len(info.Deps))
	}
}

func TestBill_OfAnImageSaysWhichFileHasWhat(t *testing.T) {
	o := options(t, tiny(t))
	o.Platforms, o.Image = nil, imageOf(withModule(t))
	if _, err := Make(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	b := bom{}
	if err := json.Unmarshal([]byte(contents(t, o.Out)["bootstrap_v1.2.3.oci.tar.cdx.json"]), &b); err != nil {
		t.Fatal(err)
	}
	find := func(name string) part {
		i := slices.IndexFunc(b.Components, func(p part) bool { return p.Name == name })
		if i < 0 {
			t.Fatalf("it lacks %s: %+v", name, b.Components)
		}
		return b.Components[i]
	}
	want := []property{{"kubernetes-anywhere:file", "/usr/local/bin/bootstrap"}}
	if got := find("golang.org/x/term").Properties; !slices.Equal(got, want) {
		t.Errorf("golang.org/x/term is in %v", got)
	}
	if got := find("golang.org/x/sys").Licences; len(got) != 1 || got[0].Expression != "BSD-3-Clause AND MIT" {
		t.Errorf("golang.org/x/sys is under %+v", got)
	}
	if got := find("std").Licences; len(got) != 1 || got[0].Licence == nil || got[0].Licence.ID != "BSD-3-Clause" {
		t.Errorf("Go's library is under %+v", got)
	}
	if got := b.Metadata.Component.Licences; len(got) != 1 || got[0].Licence == nil || got[0].Licence.ID != "Apache-2.0" {
		t.Errorf("the image is under %+v", got)
	}
	if got := find("dash").PURL; got != "pkg:deb/debian/dash" {
		t.Errorf("dash is %s", got)
	}
}

// locked is a key under a password, as cosign stores it.
func locked(t *testing.T, k *Key, password string) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		t.Fatal(err)
	}
	e := encrypted{}
	e.KDF.Name, e.KDF.Params.N, e.KDF.Params.R, e.KDF.Params.P = "scrypt", 1<<10, 8, 1
	e.KDF.Salt, e.Cipher.Name, e.Cipher.Nonce = make([]byte, 32), "nacl/secretbox", make([]byte, 24)
	for _, random := range [][]byte{e.KDF.Salt, e.Cipher.Nonce} {
		if _, err := rand.Read(random); err != nil {
			t.Fatal(err)
		}
	}
	derived, err := scrypt.Key([]byte(password), e.KDF.Salt, 1<<10, 8, 1, 32)
	if err != nil {
		t.Fatal(err)
	}
	e.Ciphertext = secretbox.Seal(nil, der, (*[24]byte)(e.Cipher.Nonce), (*[32]byte)(derived))
	text, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED SIGSTORE PRIVATE KEY", Bytes: text})
}

func TestKey_IsReadWithItsPasswordOnly(t *testing.T) {
	made := newKey(t)
	text := locked(t, made, "open sesame")
	if _, err := ParseKey(text, []byte("wrong")); err == nil || !strings.Contains(err.Error(), "COSIGN_PASSWORD") {
		t.Errorf("a wrong password says %v", err)
	}
	read, err := ParseKey(text, []byte("open sesame"))
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte("text"))
	first, err := read.sign(digest)
	if err != nil {
		t.Fatal(err)
	}
	second, err := made.sign(digest)
	if err != nil || string(first) != string(second) {
		t.Errorf("two signatures of one text differ: %v", err)
	}
	if !ecdsa.VerifyASN1(&made.private.PublicKey, digest[:], first) {
		t.Error("the signature is not of the key")
	}
	digest[0]++
	if ecdsa.VerifyASN1(&made.private.PublicKey, digest[:], first) {
		t.Error("the signature is of another text too")
	}
}

func TestKey_OfAnotherKindIsRefused(t *testing.T) {
	for _, text := range []string{"", "-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := ParseKey([]byte(text), nil); err == nil {
			t.Errorf("%q is a key", text)
		}
	}
}
