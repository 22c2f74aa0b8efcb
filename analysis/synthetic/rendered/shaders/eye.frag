// The eyeball: pupil, fibres of the iris, its dark rim, the white that reddens towards the corners, two reflections.
const int FIRST = 5;  // kind of the left eyeball
const float IRIS_DEG = 25.5;

uniform vec3 iris_colour;
uniform float pupil;  // share of the iris
uniform vec3 centre[2];
uniform vec3 axis[2];

void main() {
    int side = v_kind - FIRST;
    vec3 normal = normalize(v_normal), viewer = normalize(-v_eye);
    vec3 out_from = normalize(v_rest - centre[side]), ahead = axis[side];
    float off = degrees(acos(clamp(dot(out_from, ahead), -1.0, 1.0)));
    vec3 across = normalize(cross(vec3(0.0, 1.0, 0.0), ahead));
    float around = atan(dot(out_from, cross(ahead, across)), dot(out_from, across));
    float r = off / IRIS_DEG;

    vec2 ring = vec2(cos(around), sin(around));
    float fibres = 0.6 * lumps(vec3(ring * 9.0, off * 0.12)) + 0.4 * lumps(vec3(ring * 24.0, off * 0.2));
    vec3 iris = linear(iris_colour) * (0.55 + 0.9 * fibres) * mix(1.25, 0.8, smoothstep(pupil, 1.0, r));
    iris *= mix(1.0, 0.30, smoothstep(0.80, 1.0, r));
    iris = mix(vec3(0.006), iris, smoothstep(pupil - 0.05, pupil + 0.05, r));

    float corner = smoothstep(30.0, 70.0, off);
    vec3 white = linear(vec3(0.90, 0.875, 0.85)) * (0.93 + 0.10 * lumps(v_rest * 3.0));
    white *= mix(vec3(1.0), vec3(1.0, 0.80, 0.77), 0.75 * corner);
    float vein = smoothstep(0.62, 0.8, lumps(vec3(around * 7.0, off * 0.05, 3.0))) * corner;
    white *= 1.0 - vec3(0.05, 0.2, 0.2) * vein;
    vec3 colour = mix(iris, white, smoothstep(0.93, 1.07, r));

    float shade = lit();
    float near = clamp((dot(normal, key) + 0.35) / 1.35, 0.0, 1.0);
    vec3 around_it = mix(ground, sky, clamp(normal.y * 0.5 + 0.5, 0.0, 1.0));
    vec3 light = colour * (key_colour * near * mix(0.35, 1.0, shade) * 0.85
                           + fill_colour * clamp(dot(normal, fill) * 0.5 + 0.5, 0.0, 1.0) * 0.6 + around_it * 0.8);
    light *= mix(0.25, 1.0, v_open);
    float facing = max(dot(normal, normalize(key + viewer)), 0.0);
    light += key_colour * (2.6 * pow(facing, 700.0) + 0.04 * pow(facing, 90.0)) * mix(0.3, 1.0, shade);
    light += fill_colour * smoothstep(0.945, 0.965, dot(reflect(-viewer, normal), fill)) * 0.35;
    pixel = developed(light, 1.0);
}
