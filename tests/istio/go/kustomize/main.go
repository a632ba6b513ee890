// Prints what `kubectl kustomize FOLDER` prints: the same library, which istioctl brings along.
package main

import (
	"fmt"
	"os"

	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func main() {
	objects, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), os.Args[1])
	if err == nil {
		var yaml []byte
		if yaml, err = objects.AsYaml(); err == nil {
			fmt.Print(string(yaml))
			return
		}
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
