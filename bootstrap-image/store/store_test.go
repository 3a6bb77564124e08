package store

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

const bundle = "{\n  \"kind\": \"NodeBundle\"\n}\n"

// world is the cloud as a machine sees it: every host name leads to a server
// on the loopback, whose handlers are named by host and path.
type world struct {
	handlers map[string]http.HandlerFunc
	asked    []string
}

func newWorld(t *testing.T, handlers map[string]http.HandlerFunc) (Stores, *world) {
	t.Helper()
	w := &world{handlers: handlers}
	server := httptest.NewServer(w)
	t.Cleanup(server.Close)
	inner := server.Client().Transport
	return Stores{Client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		w.asked = append(w.asked, r.URL.Scheme+"://"+r.URL.Host)
		moved := r.Clone(r.Context())
		moved.Host, moved.URL.Scheme, moved.URL.Host = r.URL.Host, "http", strings.TrimPrefix(server.URL, "http://")
		return inner.RoundTrip(moved)
	})}}, w
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func (w *world) ServeHTTP(out http.ResponseWriter, in *http.Request) {
	handler, found := w.handlers[in.Host+in.URL.Path]
	if !found {
		http.Error(out, "nothing at "+in.Host+in.URL.Path, http.StatusNotFound)
		return
	}
	handler(out, in)
}

func answer(out http.ResponseWriter, status int, body any) {
	out.Header().Set("Content-Type", "application/json")
	out.WriteHeader(status)
	_ = json.NewEncoder(out).Encode(body)
}

type object = map[string]any

// need turns a request away that lacks a header.
func need(name, value string, handler http.HandlerFunc) http.HandlerFunc {
	return func(out http.ResponseWriter, in *http.Request) {
		if in.Header.Get(name) != value {
			answer(out, http.StatusUnauthorized, object{"error": name + " is " + in.Header.Get(name)})
			return
		}
		handler(out, in)
	}
}

func google(read http.HandlerFunc) map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token": need("Metadata-Flavor", "Google", func(out http.ResponseWriter, _ *http.Request) {
			answer(out, 200, object{"access_token": "ya29", "expires_in": 3599, "token_type": "Bearer"})
		}),
		"secretmanager.googleapis.com/v1/projects/acme/secrets/demo-control-plane/versions/latest:access": need("Authorization", "Bearer ya29", read),
	}
}

func googlePayload(data string) http.HandlerFunc {
	return func(out http.ResponseWriter, _ *http.Request) {
		answer(out, 200, object{"name": "projects/1/secrets/demo-control-plane/versions/3", "payload": object{
			"data":       base64.StdEncoding.EncodeToString([]byte(data)),
			"dataCrc32c": fmt.Sprint(crc32.Checksum([]byte(bundle), crc32.MakeTable(crc32.Castagnoli))),
		}})
	}
}

func amazon(t *testing.T, name string, status int, body object) map[string]http.HandlerFunc {
	metadata := func(text string) http.HandlerFunc {
		return need("X-Aws-Ec2-Metadata-Token", "session", func(out http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(out, text) })
	}
	return map[string]http.HandlerFunc{
		"169.254.169.254/latest/api/token": func(out http.ResponseWriter, in *http.Request) {
			if in.Method != http.MethodPut {
				http.Error(out, "PUT only", http.StatusMethodNotAllowed)
				return
			}
			out.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "300")
			_, _ = io.WriteString(out, "session")
		},
		"169.254.169.254/latest/meta-data/iam/security-credentials/": metadata("demo-worker"),
		"169.254.169.254/latest/dynamic/instance-identity/document":  metadata(`{"region": "eu-central-1"}`),
		"169.254.169.254/latest/meta-data/iam/security-credentials/demo-worker": metadata(
			`{"Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": "ASIA1", "SecretAccessKey": "s", "Token": "t", "Expiration": "2099-01-01T00:00:00Z"}`),
		"secretsmanager.eu-central-1.amazonaws.com/": func(out http.ResponseWriter, in *http.Request) {
			var asked struct{ SecretId string }
			_ = json.NewDecoder(in.Body).Decode(&asked)
			if in.Header.Get("X-Amz-Target") != "secretsmanager.GetSecretValue" || asked.SecretId != name ||
				!strings.Contains(in.Header.Get("Authorization"), "ASIA1") {
				t.Errorf("asked %s for %q as %q", in.Header.Get("X-Amz-Target"), asked.SecretId, in.Header.Get("Authorization"))
			}
			out.Header().Set("Content-Type", "application/x-amz-json-1.1")
			out.WriteHeader(status)
			_ = json.NewEncoder(out).Encode(body)
		},
	}
}

func azure(t *testing.T, client string, read http.HandlerFunc) map[string]http.HandlerFunc {
	return map[string]http.HandlerFunc{
		"169.254.169.254/metadata/identity/oauth2/token": need("Metadata", "true", func(out http.ResponseWriter, in *http.Request) {
			if q := in.URL.Query(); q.Get("client_id") != client || q.Get("resource") != "https://vault.azure.net" {
				t.Errorf("asked for a token with %s", in.URL.RawQuery)
			}
			answer(out, 200, object{"access_token": "eyJ" + client, "expires_in": "3599", "expires_on": "4102444800", "resource": "https://vault.azure.net", "token_type": "Bearer"})
		}),
		"demo-kv.vault.azure.net/secrets/workers/": func(out http.ResponseWriter, in *http.Request) {
			if in.Header.Get("Authorization") != "Bearer eyJ"+client {
				out.Header().Set("WWW-Authenticate", `Bearer authorization="https://login.windows.net/11111111-1111-1111-1111-111111111111", resource="https://vault.azure.net"`)
				answer(out, http.StatusUnauthorized, object{"error": object{"code": "Unauthorized"}})
				return
			}
			read(out, in)
		},
	}
}

func azureError(status int, code string) http.HandlerFunc {
	return func(out http.ResponseWriter, _ *http.Request) {
		answer(out, status, object{"error": object{"code": code, "message": "m"}})
	}
}

func TestOpen_ReadsFromEveryStoreAsTheMachine(t *testing.T) {
	arn := "arn:aws:secretsmanager:eu-central-1:123456789012:secret:demo/control-plane-AbCdEf"
	value := object{"Name": "demo", "SecretString": bundle, "VersionId": "v"}
	vault := func(out http.ResponseWriter, _ *http.Request) {
		answer(out, 200, object{"id": "https://demo-kv.vault.azure.net/secrets/workers/1", "value": bundle})
	}
	for url, handlers := range map[string]map[string]http.HandlerFunc{
		"gcpsecretmanager://projects/acme/secrets/demo-control-plane":        google(googlePayload(bundle)),
		"awssecretsmanager://demo/control-plane?region=eu-central-1":         amazon(t, "demo/control-plane", 200, value),
		"awssecretsmanager://" + arn + "?region=eu-central-1":                amazon(t, arn, 200, value),
		"awssecretsmanager://demo-workers":                                   amazon(t, "demo-workers", 200, object{"SecretBinary": []byte(bundle)}),
		"azurekeyvault://demo-kv.vault.azure.net/secrets/workers?client=c-1": azure(t, "c-1", vault),
		"azurekeyvault://demo-kv.vault.azure.net/secrets/workers":            azure(t, "", vault),
	} {
		t.Run(url, func(t *testing.T) {
			stores, world := newWorld(t, handlers)
			source, err := stores.Open(url)
			if err != nil {
				t.Fatal(err)
			}
			got, err := source(t.Context())
			if err != nil || string(got) != bundle {
				t.Errorf("got %q, %v", got, err)
			}
			for _, asked := range world.asked {
				if plain := asked == "http://169.254.169.254"; !plain && !strings.HasPrefix(asked, "https://") {
					t.Errorf("a secret went over %s", asked)
				}
			}
		})
	}
}

func TestOpen_SaysWhyThereIsNoSecret(t *testing.T) {
	denied := func(out http.ResponseWriter, _ *http.Request) {
		answer(out, 403, object{"error": object{"code": 403, "status": "PERMISSION_DENIED", "message": "Permission denied on resource"}})
	}
	noIdentity := azure(t, "c-2", nil)
	noIdentity["169.254.169.254/metadata/identity/oauth2/token"] = func(out http.ResponseWriter, _ *http.Request) {
		answer(out, 400, object{"error": "invalid_request", "error_description": "Identity not found"})
	}
	noProfile := amazon(t, "w", 200, nil)
	delete(noProfile, "169.254.169.254/latest/meta-data/iam/security-credentials/")
	noToken := google(nil)
	delete(noToken, "169.254.169.254/computeMetadata/v1/instance/service-accounts/default/token")
	for name, test := range map[string]struct {
		url      string
		handlers map[string]http.HandlerFunc
		want     []string
	}{
		"google, no right":   {"gcpsecretmanager://projects/acme/secrets/demo-control-plane", google(denied), []string{"403 PERMISSION_DENIED", "needs roles/secretmanager.secretAccessor"}},
		"google, damaged":    {"gcpsecretmanager://projects/acme/secrets/demo-control-plane", google(googlePayload("other")), []string{"damaged"}},
		"google, no account": {"gcpsecretmanager://projects/acme/secrets/demo-control-plane", noToken, []string{"token of the machine's service account", "not defined"}},
		"amazon, no right":   {"awssecretsmanager://w?region=eu-central-1", amazon(t, "w", 400, object{"__type": "AccessDeniedException", "Message": "User is not authorized"}), []string{`"w" in eu-central-1`, "AccessDeniedException: User is not authorized; the role needs secretsmanager:GetSecretValue"}},
		"amazon, no secret":  {"awssecretsmanager://w?region=eu-central-1", amazon(t, "w", 400, object{"__type": "ResourceNotFoundException", "Message": "can't find"}), []string{"ResourceNotFoundException"}},
		"amazon, no profile": {"awssecretsmanager://w?region=eu-central-1", noProfile, []string{"no EC2 IMDS role found"}},
		"azure, no right":    {"azurekeyvault://demo-kv.vault.azure.net/secrets/workers?client=c-3", azure(t, "c-3", azureError(403, "Forbidden")), []string{"403 Forbidden", "needs the role Key Vault Secrets User"}},
		"azure, no secret":   {"azurekeyvault://demo-kv.vault.azure.net/secrets/workers?client=c-4", azure(t, "c-4", azureError(404, "SecretNotFound")), []string{"404 SecretNotFound"}},
		"azure, no identity": {"azurekeyvault://demo-kv.vault.azure.net/secrets/workers?client=c-2", noIdentity, []string{"isn't assigned to this resource"}},
	} {
		t.Run(name, func(t *testing.T) {
			stores, _ := newWorld(t, test.handlers)
			source, err := stores.Open(test.url)
			if err != nil {
				t.Fatal(err)
			}
			got, err := source(t.Context())
			if err == nil {
				t.Fatalf("got %q", got)
			}
			t.Log(err)
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in: %v", want, err)
				}
			}
			if strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "ya29") || strings.Contains(err.Error(), "eyJ") {
				t.Errorf("it spans lines or tells a token: %v", err)
			}
		})
	}
}

func TestOpen_RefusesURLsOfNoStore(t *testing.T) {
	for _, url := range []string{
		"https://example.com/bundle", "gcpsecretmanager://acme/demo", "gcpsecretmanager://projects/a/secrets/b?region=x", "awssecretsmanager://",
		"awssecretsmanager://name?rgion=x", "azurekeyvault://vault/secrets/x", "azurekeyvault://demo-kv.vault.azure.net/keys/x", "demo", "",
	} {
		if _, err := New().Open(url); err == nil {
			t.Errorf("%q was opened", url)
		}
	}
}

func TestNew_GoesToMetadataServicesWithoutAProxy(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://proxy.example.com:3128")
	request, err := http.NewRequest(http.MethodGet, "http://169.254.169.254/latest", nil)
	if err != nil {
		t.Fatal(err)
	}
	if proxy, err := New().Client.Transport.(*http.Transport).Proxy(request); proxy != nil || err != nil {
		t.Errorf("it goes by %v, %v", proxy, err)
	}
}
