//go:build !linux

package devpg

// memoryDirs knows of none: only Linux always has one.
func memoryDirs() []string { return nil }
