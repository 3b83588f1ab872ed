package devpg

import (
	"os"
	"runtime"
	"strconv"
	"strings"
)

// installCommand is the one line that installs PostgreSQL on this system.
func installCommand() string {
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		release = nil // an unknown system gets the general advice
	}
	return commandFor(runtime.GOOS, string(release), os.Geteuid() == 0)
}

// commandFor knows the package managers. release is the text of /etc/os-release.
// The extensions are named where they are a package of their own.
func commandFor(goos, release string, root bool) string {
	if goos == "darwin" {
		return "brew install postgresql@17"
	}
	sudo := "sudo "
	if root {
		sudo = ""
	}
	id := releaseField(release, "ID")
	family := " " + id + " " + releaseField(release, "ID_LIKE") + " "
	is := func(name string) bool { return strings.Contains(family, " "+name+" ") }
	switch {
	case is("debian"), is("ubuntu"):
		return sudo + "apt-get install -y postgresql"
	case is("alpine"):
		return sudo + "apk add postgresql postgresql-contrib"
	case is("arch"):
		return sudo + "pacman -S --noconfirm postgresql"
	case is("suse"), strings.HasPrefix(id, "opensuse"):
		return sudo + "zypper --non-interactive install postgresql-server postgresql-contrib"
	case is("rhel") && oldModules(release):
		return sudo + "dnf module enable -y postgresql:16 && " + sudo + "dnf install -y postgresql-server postgresql-contrib"
	case is("fedora"), is("rhel"):
		return sudo + "dnf install -y postgresql-server postgresql-contrib"
	default:
		return "install PostgreSQL's server, then set PORTAL_PG_BIN to the directory that holds initdb"
	}
}

// oldModules tells whether the plain package of this release is too old:
// Red Hat 8 and 9 keep newer versions in module streams.
func oldModules(release string) bool {
	version, _, _ := strings.Cut(releaseField(release, "VERSION_ID"), ".")
	major, err := strconv.Atoi(version)
	return err == nil && major < 10
}

func releaseField(release, name string) string {
	for line := range strings.Lines(release) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), name+"="); ok {
			return strings.Trim(value, `"'`)
		}
	}
	return ""
}
