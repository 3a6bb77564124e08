package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials/ec2rolecreds"
	"github.com/aws/aws-sdk-go-v2/feature/ec2/imds"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"
)

// amazon reads the current version of a secret of Secrets Manager with the
// role of the machine's instance profile. Of the metadata service only its
// second version is used. The loop around retries: it says why.
func (s Stores) amazon(name, region string) (Source, error) {
	if name == "" || strings.ContainsAny(name, "?#") {
		return nil, errors.New("it names no secret")
	}
	return func(ctx context.Context) ([]byte, error) {
		machine := imds.New(imds.Options{
			HTTPClient: s.Client, EnableFallback: aws.FalseTernary, Retryer: aws.NopRetryer{},
		})
		region := region
		if region == "" {
			found, err := machine.GetRegion(ctx, nil)
			if err != nil {
				return nil, fmt.Errorf("asking the metadata service for the region: %w", err)
			}
			region = found.Region
		}
		role := ec2rolecreds.New(func(o *ec2rolecreds.Options) { o.Client = machine })
		client := secretsmanager.New(secretsmanager.Options{
			Region: region, HTTPClient: s.Client, Retryer: aws.NopRetryer{}, Credentials: aws.NewCredentialsCache(role),
		})
		secret, err := client.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: &name})
		if err != nil {
			return nil, fmt.Errorf("reading the secret %q in %s with the role of the instance profile: %w", name, region, amazonReason(err))
		}
		if secret.SecretString != nil {
			return []byte(*secret.SecretString), nil
		}
		return secret.SecretBinary, nil
	}, nil
}

// amazonReason is what the service said, without the number of the request:
// the same reason is to read the same each time, and is then said once.
func amazonReason(err error) error {
	var said smithy.APIError
	if !errors.As(err, &said) {
		return err
	}
	hint := ""
	if said.ErrorCode() == "AccessDeniedException" {
		hint = "; the role needs secretsmanager:GetSecretValue on it"
	}
	return fmt.Errorf("%s: %s%s", said.ErrorCode(), said.ErrorMessage(), hint)
}
