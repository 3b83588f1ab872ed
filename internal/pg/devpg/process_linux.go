package devpg

import "syscall"

// dieWithParent asks the kernel to stop the server (fast shutdown) when the
// launcher dies, even by SIGKILL.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }
