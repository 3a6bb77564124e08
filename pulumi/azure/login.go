package azure

import (
	"github.com/pulumi/pulumi-azure-native-sdk/compute/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// user is who may log in with the config's sshPublicKey.
const user = "anywhere"

// nobodysKey is what hosts get where the config has no key: Azure refuses a
// Linux machine that has neither a key nor a password. It is an RSA key of the
// number RSA-2048 of the RSA Factoring Challenge, whose two primes were thrown
// away when it was published in 1991 and have not been found: no private half
// of it was ever made. Port 22 is shut besides.
const nobodysKey = "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQDHlwzu3MOwdUSQIBp6phPNc5EQgceQ9fGocm9GNVC7W3/w244eoRiexy+T0WUAEb1yGu6swqzeMqBBB/BkjCgTox9bC3dl/4tEtLb/yTOEtkbrCcfPXoWS1A6jPIADnzW08UoEtR97/Xgb5NFnMWS6jrmRwsTXMLu+NfWSve9SSvfo2u/SbGb8AsR5r4nWTTc/RCcJQ53mbOuVXz6jfVFZ9hNYCfhTNLXLGBOt3IDNBWCfEKxqla1lhyyQlSW9rTK8cpWSZCkg8kxh3Fs8O3kj5WsWpNnTc9hyHySj/A8bMTH1VhUXKGa8zDD5UFTIJOczpetoF/e8FjmdSMY2HMfl"

// login is how one gets into hosts: with a key, and never with a password.
func (p *program) login() compute.LinuxConfigurationArgs {
	key := p.block.SSHPublicKey
	if key == "" {
		key = nobodysKey
	}
	return compute.LinuxConfigurationArgs{
		DisablePasswordAuthentication: pulumi.Bool(true),
		ProvisionVMAgent:              pulumi.Bool(true),
		Ssh: compute.SshConfigurationArgs{PublicKeys: compute.SshPublicKeyTypeArray{compute.SshPublicKeyTypeArgs{
			Path:    pulumi.String("/home/" + user + "/.ssh/authorized_keys"),
			KeyData: pulumi.String(key),
		}}},
	}
}

// console keeps what hosts write to their serial line, in storage of Azure's
// own: how far a node is can be read there without logging in.
func console() compute.DiagnosticsProfileArgs {
	return compute.DiagnosticsProfileArgs{BootDiagnostics: compute.BootDiagnosticsArgs{Enabled: pulumi.Bool(true)}}
}
