// Package engine is the Pulumi engine inside this process: no pulumi program
// is needed, none is started, and nothing is printed. It is the only package
// that imports github.com/pulumi/pulumi/pkg, which promises no stability: an
// upgrade of Pulumi is a change to this package and to no other.
//
// State is kept in Pulumi's own format in Pulumi's own self-managed backend.
// Anyone with the passphrase can open a stack with the stock program:
//
//	pulumi login file:///path/of/the/backend
//	PULUMI_CONFIG_PASSPHRASE=… pulumi stack --stack organization/PROJECT/STACK
//
// # Providers served in this process
//
// A provider of Options.Providers is reached through memory, not through a
// port. It keeps this contract, which is what lets a run that was killed at
// any moment be run again:
//
//   - Create is idempotent: it adopts what already exists by its name or
//     label, and repairs what is half made.
//   - A change that cannot be made in place asks to delete before it replaces
//     (DiffResponse.DeleteBeforeReplace): a Create that adopts by name would
//     else adopt the very thing that is deleted next.
//   - Delete of what is gone succeeds; Read of what is gone answers an empty id.
//   - Cancel is the user's first interrupt. A provider may ignore it, and then
//     what is in flight is finished and recorded; or it may make its calls
//     return early, with an error.
//
// # What is global to the process
//
// Pulumi reads PULUMI_HOME from the environment when it looks for provider
// plugins, so Open sets it, and the last Open wins. Stacks of one process
// should share one Home. Providers served in this process never need it, and
// nothing else here depends on the environment or on the working folder.
// Open also sets PULUMI_DEV and PULUMI_GOROUTINE_PANIC_RECOVERY, so that a panic
// of the engine is an error of its operation and not the end of the process.
//
// Pulumi caches passphrases that were right: in one process a second stack
// opened on the same state is not asked to be right again.
package engine
