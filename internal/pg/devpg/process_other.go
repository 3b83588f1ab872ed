//go:build !linux

package devpg

import "syscall"

// dieWithParent can do nothing here: only Linux tells a child of its parent's
// death. A server left behind by a killed launcher is reused by the next one.
func dieWithParent(*syscall.SysProcAttr) {}
