package support

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
)

// keys makes private keys in the forms that tools write.
func keys(t *testing.T) map[string][]byte {
	t.Helper()
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	prime, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	sec1, err := x509.MarshalECPrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(curve)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		"EC PRIVATE KEY":      sec1,
		"PRIVATE KEY":         pkcs8,
		"RSA PRIVATE KEY":     x509.MarshalPKCS1PrivateKey(prime),
		"OPENSSH PRIVATE KEY": random(t, 300),
	}
}

func random(t *testing.T, n int) []byte {
	t.Helper()
	data := make([]byte, n)
	if _, err := rand.Read(data); err != nil {
		t.Fatal(err)
	}
	return data
}

func certificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ca"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
}

// gone fails the test where a part of a secret that is long enough to be of use
// is left in the text.
func gone(t *testing.T, name, text, secret string) {
	t.Helper()
	for line := range strings.Lines(secret) {
		line = strings.TrimSpace(line)
		const piece = 14
		for at := 0; at+piece <= len(line); at += piece {
			if part := line[at : at+piece]; !strings.Contains(part, "---") && strings.Contains(text, part) {
				t.Errorf("%s: %q is left in:\n%s", name, part, text)
				return
			}
		}
	}
}

func encode(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// wrapped is base64 in lines of 76, as many tools print it.
func wrapped(text, indent string) string {
	all, out := encode(text), ""
	for len(all) > 0 {
		n := min(76, len(all))
		out += indent + all[:n] + "\n"
		all = all[n:]
	}
	return out
}

func TestRedact_TakesOutPrivateKeysHoweverTheyAreWritten(t *testing.T) {
	r := NewRedactor(nil)
	for kind, der := range keys(t) {
		document := string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
		quoted, err := json.Marshal(map[string]string{"key": document})
		if err != nil {
			t.Fatal(err)
		}
		body := strings.Split(strings.TrimSpace(document), "\n")
		for name, text := range map[string]string{
			"as a file":               "before\n" + document + "after\n",
			"with Windows' lines":     strings.ReplaceAll(document, "\n", "\r\n"),
			"indented":                "key: |\n    " + strings.ReplaceAll(document, "\n", "\n    "),
			"in JSON":                 string(quoted),
			"in JSON in JSON":         strings.ReplaceAll(string(quoted), `\n`, `\\n`),
			"in base64":               "x: " + encode(document) + "\n",
			"in base64 of the URL":    "x=" + base64.URLEncoding.EncodeToString([]byte(document)) + "&y",
			"in base64 after a path":  "/etc/pki/" + encode(document),
			"in base64 in lines":      wrapped(document, "  "),
			"in base64 in base64":     encode("data:\n  tls.key: " + encode(document) + "\n"),
			"in a data URL":           "data:text/plain;charset=utf-8;base64," + encode(document),
			"in JSON in base64":       encode(string(quoted)),
			"cut off at the end":      strings.Join(body[:2], "\n"),
			"cut off at the begin":    strings.Join(body[1:], "\n"),
			"with a prefix each line": "node bootstrap[7]: " + strings.ReplaceAll(strings.TrimSpace(document), "\n", "\nnode bootstrap[7]: "),
		} {
			got, counts := r.Redact(text)
			gone(t, kind+" "+name, got, strings.Join(body[1:len(body)-1], "\n"))
			if len(counts) == 0 || !strings.Contains(got, "<redacted: ") {
				t.Errorf("%s %s: nothing is said to be redacted: %v\n%s", kind, name, counts, got)
			}
		}
		if kind == "OPENSSH PRIVATE KEY" {
			continue // whose body nothing tells from other bytes
		}
		got, _ := r.Redact("key: " + base64.StdEncoding.EncodeToString(der))
		gone(t, kind+" without its PEM", got, base64.StdEncoding.EncodeToString(der))
	}
}

func TestRedact_TakesOutCompressedKeys(t *testing.T) {
	secret := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: random(t, 200)}))
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	_, _ = w.Write([]byte(secret))
	_ = w.Close()
	text := "data:;base64," + base64.StdEncoding.EncodeToString(packed.Bytes())
	if got, _ := NewRedactor(nil).Redact(text); strings.Contains(got, text[20:60]) {
		t.Errorf("got %s", got)
	}
}

func TestRedact_TakesOutWhatLooksLikeASecret(t *testing.T) {
	secret := hex.EncodeToString(random(t, 8)) // 16 characters, as of a bootstrap token
	jwt := "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJrdWJlcm5ldGVzIn0." + base64.RawURLEncoding.EncodeToString(random(t, 64))
	long := base64.StdEncoding.EncodeToString(random(t, 32))
	for _, test := range []struct{ text, secret string }{
		{"kubeadm join --token abcdef." + secret + " --x", secret},
		{`{"bootstrapToken":"abcdef.` + secret + `"}`, secret},
		{"token-secret: " + secret, secret},
		{`"token-secret":"` + encode(secret) + `"`, encode(secret)},
		{`\"token-secret\":\"` + secret + `\"`, secret},
		{encode(`{"token-secret":"` + secret + `"}`), secret},
		{"Authorization: Bearer " + jwt, jwt},
		{"curl -H 'authorization: bearer " + long + "'", long},
		{"Authorization: Basic " + encode("admin:"+secret), encode("admin:" + secret)},
		{"the token is " + jwt + ", is it not", jwt},
		{"    token: " + long, long},
		{"    client-key-data: " + long + "\n", long},
		{"        secret: " + long + "\n", long},
		{`"passphrase": "` + secret + `"`, secret},
		{"PULUMI_CONFIG_PASSPHRASE=" + secret + " kubectl anywhere create", secret},
		{"HTTPS_PROXY=http://me:" + secret + "@proxy.example:3128", secret},
		{"AWS_SECRET_ACCESS_KEY=" + long, long},
		{"aws_session_token = " + long, long},
		{"--certificate-key " + long, long},
		{"--password=" + secret, secret},
		{`{"private_key":"` + secret + `"}`, secret},
		{`caKey: ` + long, long},
		{"docker config: {\"auths\":{\"r\":{\"password\":\"" + secret + "\"}}}", secret},
	} {
		got, counts := NewRedactor(nil).Redact(test.text)
		gone(t, test.text, got, test.secret)
		if len(counts) == 0 {
			t.Errorf("%s: nothing is counted", test.text)
		}
	}
}

func TestRedact_TakesOutWhatIsKnownToBeSecret(t *testing.T) {
	phrase := "correct horse battery staple"
	key := string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: random(t, 121)}))
	r := NewRedactor(map[string]string{phrase: "passphrase", key: "authority's key", "short": "nothing"})
	lines := strings.Split(key, "\n")
	for name, test := range map[string]struct{ text, secret string }{
		"as it is":             {"say " + phrase + " to open", phrase},
		"in base64":            {"x " + encode(phrase), encode(phrase)},
		"in base64 of more":    {encode("the phrase is " + phrase + ", keep it"), encode(phrase)[8:]},
		"in JSON":              {fmt.Sprintf("%q", key), lines[1]},
		"one line of a key":    {"core: " + lines[1] + " dumped", lines[1]},
		"a key in base64 in a": {encode("a" + encode(key)), encode(key)[8:]},
	} {
		got, counts := r.Redact(test.text)
		gone(t, name, got, test.secret)
		if len(counts) == 0 {
			t.Errorf("%s: nothing is counted", name)
		}
	}
	if got, _ := r.Redact("a short text"); got != "a short text" {
		t.Errorf("got %q", got)
	}
}

func TestRedact_LeavesWhatIsNoSecret(t *testing.T) {
	r := NewRedactor(nil)
	cert := certificate(t)
	for _, text := range []string{
		cert,
		"certificate-authority-data: " + encode(cert),
		"image: ghcr.io/kubernetes-anywhere/bootstrap@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		"I1122 21:58:57.123456 1 leaderelection.go:271] successfully acquired lease kube-system/kube-controller-manager",
		"spec:\n  volumes:\n  - name: x\n    secret:\n      secretName: kubernetes-anywhere-credentials-abcdef\n",
		"authorization:\n  mode: Webhook\n  webhook:\n    cacheAuthorizedTTL: 0s\n",
		"--authorization-mode=Node,RBAC --token-auth-file=/etc/kubernetes/tokens.csv --service-account-key-file=/etc/kubernetes/pki/sa.pub",
		"a bearer of bad news",
		"rotation of the passphrase comes next",
		"password: <redacted: the user's own, from nowhere>",
		"uid: 3d0a4a9c-6c6e-4b0e-9c62-6a5bb0a7b8f1",
		"https://10.240.0.2:6443/api/v1/namespaces/kube-system/secrets?limit=500",
		strings.Repeat("kubernetes-anywhere-control-plane-1/kube-apiserver ", 5),
	} {
		if got, counts := r.Redact(text); got != text {
			t.Errorf("%v were taken out of:\n%s\nwhich left:\n%s", counts, text, got)
		}
	}
}

func TestRedact_IsDoneOnce(t *testing.T) {
	r := NewRedactor(map[string]string{"correct horse battery staple": "passphrase"})
	text := "token-secret: 0123456789abcdef\nphrase correct horse battery staple\n--token abcdef.0123456789abcdef\n"
	once, _ := r.Redact(text)
	twice, counts := r.Redact(once)
	if once != twice || len(counts) > 0 {
		t.Errorf("the second time %v changed\n%s\nto\n%s", counts, once, twice)
	}
}
