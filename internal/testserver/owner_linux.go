package testserver

import "syscall"

// attributes have a child run as o and get a signal when its maker ends.
func attributes(o *owner, end syscall.Signal) *syscall.SysProcAttr {
	a := &syscall.SysProcAttr{Pdeathsig: end}
	if o != nil {
		a.Credential = &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}
	}
	return a
}
