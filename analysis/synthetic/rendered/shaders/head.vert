// The head's vertices: posed positions come in each frame, everything else stays.
in vec3 position;
in vec3 normal;
in vec3 soft;       // normal as light scattered under the skin meets it
in vec3 rest;       // position in the generic resting head: patterns are tied to it
in vec2 texel;
in vec3 occlusion;  // share of the surroundings that a vertex sees: at rest, lids shut, mouth open
in float kind;
in float fur;       // length of hair

uniform mat4 to_eye;
uniform mat4 projection;
uniform mat4 to_light;
uniform vec3 key;
uniform vec3 fill;
uniform vec3 sky;
uniform vec3 ground;
uniform vec2 closure;  // left, right
uniform float parting; // of the lips
uniform float shell;   // 0 skin .. 1 tips of the hair

out vec3 v_normal;
out vec3 v_rest;
out vec3 v_eye;
out vec3 v_shadow;
out vec2 v_texel;
out vec2 v_soft;    // cosines towards key and fill
out vec3 v_around;  // light of the surroundings
out float v_open;   // occlusion now
flat out int v_kind;

void main() {
    vec3 droop = vec3(0.0, -0.15, 0.1) * shell;
    vec4 eye = to_eye * vec4(position + (normal + droop) * shell * fur, 1.0);
    vec3 turned = normalize(mat3(to_eye) * soft);
    float left = smoothstep(-1.0, 1.0, rest.x);
    float shut = clamp(mix(closure.y, closure.x, left), 0.0, 1.0);
    float open = mix(occlusion.x, occlusion.y, shut);
    v_open = rest.y < -0.5 ? mix(open, occlusion.z, parting) : open;
    v_normal = mat3(to_eye) * normal;
    v_rest = rest;
    v_eye = eye.xyz;
    v_shadow = (to_light * eye).xyz * 0.5 + 0.5;
    v_texel = texel;
    v_soft = vec2(dot(turned, key), dot(turned, fill));
    v_around = mix(ground, sky, clamp(turned.y * 0.5 + 0.5, 0.0, 1.0));
    v_kind = int(kind + 0.5);
    gl_Position = projection * eye;
}
