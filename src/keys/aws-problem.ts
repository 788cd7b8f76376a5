import { type Problem, refuse, UsageError } from '../text/problem.ts';
import { networkProblem } from './network-problem.ts';

const IDENTITY = 'check AWS_PROFILE or the role of this machine: aws sts get-caller-identity shows who it is';

/** By the name of the error: https://docs.aws.amazon.com/kms/latest/APIReference/API_Decrypt.html (2026-11). */
const REFUSALS: Readonly<Record<string, Problem>> = {
  AccessDeniedException: {
    message: 'AWS KMS does not allow this identity to use the key, or the key that wrapped it is another',
    hint: `grant kms:Decrypt on the key (for generate-key, kms:GenerateDataKeyWithoutPlaintext as well); ${IDENTITY}`,
  },
  DisabledException: { message: 'the key in AWS KMS is disabled', hint: 'enable it: aws kms enable-key --key-id …' },
  KMSInvalidStateException: {
    message: 'the key in AWS KMS cannot be used in its state: it may be pending deletion',
    hint: 'see its state with aws kms describe-key; aws kms cancel-key-deletion and aws kms enable-key bring it back',
  },
  KeyUnavailableException: { message: 'the key in AWS KMS is unavailable at the moment', hint: 'run the same command again' },
  NotFoundException: {
    message: 'there is no such key or alias in AWS KMS, in this region and account',
    hint: `check the name and the region of the reference; ${IDENTITY}`,
  },
  IncorrectKeyException: {
    message: 'another key in AWS KMS has wrapped it',
    hint: 'name the key that wrapped it between awskms:/// and the question mark',
  },
  InvalidCiphertextException: {
    message: 'AWS KMS cannot unwrap the key: the encryption context is another, or the wrapped key is damaged or of another key',
    hint: 'give every context_… parameter that the key was wrapped with, and copy all of what follows the #',
  },
  InvalidKeyUsageException: {
    message: 'the key in AWS KMS is not one that encrypts',
    hint: 'name a symmetric key of usage ENCRYPT_DECRYPT',
  },
  ValidationException: { message: 'AWS KMS calls the reference malformed', hint: 'compare it with the examples in docs/keys.md' },
  InvalidArnException: {
    message: 'AWS KMS calls the name of the key malformed',
    hint: 'compare it with the examples in docs/keys.md',
  },
  ThrottlingException: { message: 'AWS KMS has too many requests at the moment', hint: 'run the same command again' },
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
  if (['CredentialsProviderError', 'TokenProviderError', 'ProviderError'].includes(error.name)) {
    return refuse(`${label}: no AWS credentials were found (${error.name})`, `sign in, such as with aws sso login; ${IDENTITY}`);
  }
  const network = networkProblem(error);
  if (network !== null)
    return refuse(`${label}: the server of AWS KMS ${network}`, 'check the network, the region and the proxy of this machine');
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
