//go:build !linux

package testserver

import "syscall"

// attributes leave a child as it is.
func attributes(*owner, syscall.Signal) *syscall.SysProcAttr { return nil }
