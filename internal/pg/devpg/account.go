package devpg

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the system account that the server runs as. initdb and postgres
// refuse to run as root, so root hands them to another account.
type account struct {
	uid, gid int
	drop     bool // true: we are root and become this account
}

func runAs() (account, error) {
	if uid := os.Geteuid(); uid != 0 {
		return account{uid: uid, gid: os.Getegid()}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if uidErr == nil && gidErr == nil && uid > 0 {
			return account{uid: uid, gid: gid, drop: true}, nil
		}
	}
	return account{}, errors.New("PostgreSQL does not run as root, and this system has neither an account postgres nor nobody")
}

// apply makes a command run as the account.
func (a account) apply(attr *syscall.SysProcAttr) {
	if a.drop {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
}

// mkdir makes the account's own directory, private to it (and root). A
// directory that is already there must be the account's own: in /tmp another
// user could have put it, or a symbolic link, in our way.
func (a account) mkdir(dir string) error {
	err := os.Mkdir(dir, 0o700)
	if err == nil {
		return a.own(dir)
	}
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	if !info.IsDir() || ownerOf(info) != a.uid {
		return fmt.Errorf("%s exists and belongs to somebody else", dir)
	}
	return os.Chmod(dir, 0o700)
}

func (a account) own(path string) error {
	if !a.drop {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

func ownerOf(info fs.FileInfo) int {
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}

// reaches tells whether the account can enter dir, by doing it: the kernel
// knows about modes, lists and mounts what no check of ours would.
func (a account) reaches(ctx context.Context, p Programs, dir string) bool {
	cmd := exec.CommandContext(ctx, p.path("postgres"), "-V")
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	a.apply(cmd.SysProcAttr)
	return cmd.Run() == nil
}

// fallback is where data goes when the account cannot enter dir; it is the same
// for every start with the same dir.
func fallback(dir string) string {
	return filepath.Join("/var/tmp", "portal-"+strconv.Itoa(os.Geteuid())+"-"+shortHash(dir))
}

func shortHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:5])
}
