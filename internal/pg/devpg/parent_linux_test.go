package devpg

const diesWithParent = true
