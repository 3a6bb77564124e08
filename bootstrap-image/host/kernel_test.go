package host

import "testing"

func TestKernel_SaysWhetherItHasNFTables(t *testing.T) {
	const modules = "lib/modules/5.15.0-1/"
	for name, c := range map[string]struct {
		files   map[string]string
		without bool
	}{
		"loaded":         {map[string]string{"proc/modules": "nfnetlink 1\nnf_tables 311296 4 nft_ct, Live 0x0\n", modules + "modules.dep": "", modules + "modules.builtin": ""}, false},
		"a module":       {map[string]string{modules + "modules.dep": "kernel/net/netfilter/nf_tables.ko.zst: kernel/net/netfilter/nfnetlink.ko.zst\n", modules + "modules.builtin": ""}, false},
		"built in":       {map[string]string{modules + "modules.dep": "", modules + "modules.builtin": "kernel/net/netfilter/nf_tables.ko\n"}, false},
		"in neither":     {map[string]string{modules + "modules.dep": "kernel/net/netfilter/ip_tables.ko:\n", modules + "modules.builtin": "kernel/fs/ext4/ext4.ko\n"}, true},
		"no lists":       {nil, false},
		"half the lists": {map[string]string{modules + "modules.builtin": ""}, false},
	} {
		files := map[string]string{"proc/sys/kernel/osrelease": "5.15.0-1\n"}
		for file, content := range c.files {
			files[file] = content
		}
		r, _ := newRun(t, files)
		release, without := r.kernel()
		if release != "5.15.0-1" || without != c.without {
			t.Errorf("%s: kernel %q, without nf_tables %v, want %v", name, release, without, c.without)
		}
	}
}
