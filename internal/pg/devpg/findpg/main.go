// Command findpg prints the directory of the PostgreSQL server programs that
// development and tests use. Where there are none it prints the command that
// installs them and ends with status 1. It installs nothing itself.
package main

import (
	"context"
	"fmt"
	"os"

	"portal/internal/pg/devpg"
)

func main() {
	p, err := devpg.Find(context.Background())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(p.Dir)
}
