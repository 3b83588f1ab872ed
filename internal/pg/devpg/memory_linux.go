package devpg

import "syscall"

// enoughMemory is the free space below which tests stay on the disk; containers
// often have a /dev/shm of 64 MB.
const enoughMemory = 1 << 30

// memoryDirs are the directories whose files live in memory.
func memoryDirs() []string {
	var fs syscall.Statfs_t
	if syscall.Statfs("/dev/shm", &fs) != nil || fs.Bavail*uint64(fs.Bsize) < enoughMemory {
		return nil
	}
	return []string{"/dev/shm"}
}
