import { type Problem, refuse, UsageError } from '../text/problem.ts';
import { networkProblem } from './network-problem.ts';

const IDENTITY = 'check AWS_PROFILE or the role of this machine: aws sts get-caller-identity shows the identity';

/** By the name of the error: https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html (2026-11). */
const REFUSALS: Readonly<Record<string, Problem>> = {
  AccessDeniedException: {
    message: 'AWS KMS does not allow this identity to use the key, or another key wrapped it',
    hint: `grant kms:Decrypt on the key (for generate-key, kms:GenerateDataKeyWithoutPlaintext as well); ${IDENTITY}`,
  },
  DisabledException: { message: 'the key in AWS KMS is disabled', hint: 'enable it: aws kms enable-key --key-id …' },
  KMSInvalidStateException: {
    message: 'the key in AWS KMS cannot be used in its current state, such as pending deletion',
    hint: 'aws kms describe-key shows its state; aws kms cancel-key-deletion and aws kms enable-key bring it back',
  },
  KeyUnavailableException: { message: 'the key in AWS KMS is temporarily unavailable', hint: 'run the same command again' },
  NotFoundException: {
    message: 'AWS KMS has no such key or alias in this region and account',
    hint: `check the name and the region of the reference; ${IDENTITY}`,
  },
  IncorrectKeyException: {
    message: 'another key in AWS KMS wrapped it',
    hint: 'name the key that wrapped it right after awskms:///',
  },
  InvalidCiphertextException: {
    message:
      'AWS KMS cannot unwrap the key: the encryption context differs, the wrapped key is damaged, or another key wrapped it',
    hint: 'give every context_… parameter that the key was wrapped with, and copy everything after the #',
  },
  InvalidKeyUsageException: {
    message: 'the key in AWS KMS is not for encryption',
    hint: 'name a symmetric key whose usage is ENCRYPT_DECRYPT',
  },
  ValidationException: {
    message: 'AWS KMS rejects the reference as malformed',
    hint: 'compare it with the examples in docs/keys.md',
  },
  InvalidArnException: {
    message: 'AWS KMS rejects the name of the key as malformed',
    hint: 'compare it with the examples in docs/keys.md',
  },
  ThrottlingException: { message: 'AWS KMS is throttling requests', hint: 'wait a minute, then run the same command again' },
};

/** What AWS calls credentials that it does not accept: common errors of every service. */
const CREDENTIALS =
  /^(UnrecognizedClient|InvalidSignature|ExpiredToken|IncompleteSignature|InvalidClientTokenId|MissingAuthenticationToken|OptInRequired)/u;

/**
 * Says what an error of the SDK means, by its name and code, and never by its message, which is not for a script to read.
 *
 * @throws UsageError; the error itself if it is one
 */
export function refuseAwsError(error: unknown, label: string): never {
  if (error instanceof UsageError || !(error instanceof Error)) throw error;
  const known = REFUSALS[error.name];
  if (known !== undefined) return refuse(`${label}: ${known.message} (${error.name})`, known.hint);
  if (CREDENTIALS.test(error.name)) return refuse(`${label}: AWS does not accept the credentials (${error.name})`, IDENTITY);
  if (['AccessDenied', 'InvalidIdentityToken', 'IDPRejectedClaim', 'IDPCommunicationError'].includes(error.name)) {
    return refuse(
      `${label}: AWS does not let this identity assume its role (${error.name})`,
      `check the trust policy of the role; ${IDENTITY}`,
    );
  }
  if ('code' in error && error.code === 'ERR_INVALID_URL') {
    return refuse(
      `${label}: the endpoint of AWS KMS is not a url`,
      'check AWS_ENDPOINT_URL_KMS, AWS_ENDPOINT_URL and the profile',
    );
  }
  if (['CredentialsProviderError', 'TokenProviderError', 'ProviderError'].includes(error.name)) {
    return refuse(
      `${label}: no valid AWS credentials could be obtained (${error.name})`,
      `sign in, for example with aws sso login; ${IDENTITY}`,
    );
  }
  const network = networkProblem(error);
  if (network !== null)
    return refuse(
      `${label}: the endpoint of AWS KMS ${network}`,
      'check the region, AWS_ENDPOINT_URL_KMS if it is set, and the network of this machine',
    );
  const status = '$metadata' in error ? statusOf(error.$metadata) : '';
  return refuse(
    `${label}: AWS KMS failed (${error.name}${status})`,
    'run the same command again; aws kms describe-key shows whether the key works',
  );
}

function statusOf(metadata: unknown): string {
  const status = typeof metadata === 'object' && metadata !== null && 'httpStatusCode' in metadata ? metadata.httpStatusCode : '';
  return typeof status === 'number' ? `, HTTP ${status}` : '';
}
