package testserver

import (
	"fmt"
	"os/user"
	"strconv"
)

// owner is the user that a server runs as.
type owner struct{ uid, gid int }

func findOwner(names []string) (*owner, error) {
	for _, name := range names {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(u.Uid)
		if err != nil {
			continue
		}
		gid, err := strconv.Atoi(u.Gid)
		if err != nil {
			continue
		}
		return &owner{uid, gid}, nil
	}
	return nil, fmt.Errorf("testserver: this process is root's and there is no user of %v", names)
}
