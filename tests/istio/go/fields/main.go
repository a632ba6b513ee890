// Prints the fields of messages of Istio's and Envoy's APIs, a line each: the message, the field, and the field in JSON.
package main

import (
	"fmt"
	"os"

	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	_ "github.com/envoyproxy/go-control-plane/envoy/config/trace/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "istio.io/api/mesh/v1alpha1"
	_ "istio.io/api/telemetry/v1alpha1"
)

func main() {
	for _, name := range os.Args[1:] {
		found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
		if err != nil {
			fmt.Fprintln(os.Stderr, name, err)
			os.Exit(1)
		}
		fields := found.(protoreflect.MessageDescriptor).Fields()
		for i := 0; i < fields.Len(); i++ {
			fmt.Println(name, fields.Get(i).Name(), fields.Get(i).JSONName())
		}
	}
}
