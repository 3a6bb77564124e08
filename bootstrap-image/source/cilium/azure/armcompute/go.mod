module github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v8

go 1.26.0
