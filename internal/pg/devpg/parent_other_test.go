//go:build !linux

package devpg

const diesWithParent = false
